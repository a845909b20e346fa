package podspec

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"
)

// stepContainers returns a container for each of StepCommands. They are sidecars: the kubelet starts them before the builder, and ends them after it.
func (o Options) stepContainers() []corev1.Container {
	if !o.Profile.SeparatesSteps() {
		return nil
	}
	var all []corev1.Container
	for n, command := range o.StepCommands {
		all = append(all, corev1.Container{
			Name:          stepName(n),
			Image:         o.Image,
			Command:       command,
			Resources:     resources(defaultRequests(), share(o.Requests, len(o.StepCommands)), o.Limits),
			RestartPolicy: ptr.To(corev1.ContainerRestartPolicyAlways),
			// Where the image can't do this, its own words are in the pod's status.
			TerminationMessagePath:   corev1.TerminationMessagePathDefault,
			TerminationMessagePolicy: corev1.TerminationMessageFallbackToLogsOnError,
		})
	}
	return all
}

// hostAliases returns Hosts as the kubelet writes them to the /etc/hosts that all containers of the pod share.
func (o Options) hostAliases() []corev1.HostAlias {
	if !o.Profile.SeparatesSteps() {
		return nil
	}
	var aliases []corev1.HostAlias
	for _, entry := range o.Hosts {
		host, ip, _ := strings.Cut(entry, "=")
		known := slices.IndexFunc(aliases, func(a corev1.HostAlias) bool { return a.IP == ip })
		if known < 0 {
			aliases = append(aliases, corev1.HostAlias{IP: ip, Hostnames: []string{host}})
			continue
		}
		aliases[known].Hostnames = append(aliases[known].Hostnames, host)
	}
	return aliases
}

// rejectStepNames rejects a container of the template whose name is kept for build steps.
func rejectStepNames(merged, ours *corev1.Pod) error {
	if len(ours.Spec.InitContainers) == 0 {
		return nil
	}
	for n := len(ours.Spec.InitContainers); n < MaxSteps; n++ {
		if slices.ContainsFunc(merged.Spec.InitContainers, func(c corev1.Container) bool { return c.Name == stepName(n) }) {
			return &templateError{fmt.Errorf("init container %q has a name that profile %s keeps for build steps", stepName(n), ours.Annotations[AnnotationProfile])}
		}
	}
	return nil
}

// restoreSteps replaces what a template has made of the containers for build steps. A volume or a variable there would be in reach of every step. Only resources
// stay, and the image is the builder's. They come last, so that no other init container runs beside them.
func restoreSteps(spec *corev1.PodSpec, ours []corev1.Container) {
	builder := spec.Containers[slices.IndexFunc(spec.Containers, func(c corev1.Container) bool { return c.Name == Container })]
	for _, o := range ours {
		step := *o.DeepCopy()
		step.Image, step.ImagePullPolicy = builder.Image, builder.ImagePullPolicy
		spec.InitContainers = slices.DeleteFunc(spec.InitContainers, func(c corev1.Container) bool {
			if c.Name == o.Name {
				step.Resources = c.Resources
				lowerDefaults(step.Resources, defaultRequests())
			}
			return c.Name == o.Name
		})
		spec.InitContainers = append(spec.InitContainers, step)
	}
}
