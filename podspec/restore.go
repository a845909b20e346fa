package podspec

import (
	"fmt"
	"path"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"
)

// rejectHostAccess rejects settings that give access to the node. Profiles can't remove these without breaking the pod.
func rejectHostAccess(pod *corev1.Pod) error {
	for _, v := range pod.Spec.Volumes {
		if v.HostPath != nil {
			return &templateError{fmt.Errorf("volume %q is a hostPath: a builder pod gets no access to its node", v.Name)}
		}
	}
	for _, c := range slices.Concat(pod.Spec.InitContainers, pod.Spec.Containers) {
		for _, p := range c.Ports {
			if p.HostPort != 0 {
				return &templateError{fmt.Errorf("container %q has hostPort %d: a builder pod gets no access to its node", c.Name, p.HostPort)}
			}
		}
	}
	return nil
}

// restore undoes the template's changes to settings on which the session with the pod and its clean-up depend.
func restore(merged, ours *corev1.Pod, o Options) {
	merged.Name, merged.GenerateName, merged.Namespace = ours.Name, "", ours.Namespace
	// A finalizer would keep the deleted pod.
	merged.Finalizers = nil
	merged.Labels = withFixed(merged.Labels, fixedLabels())
	merged.Annotations = withFixed(merged.Annotations, o.fixedAnnotations())

	spec := &merged.Spec
	spec.RestartPolicy = ours.Spec.RestartPolicy
	spec.ActiveDeadlineSeconds = clone(ours.Spec.ActiveDeadlineSeconds)
	spec.EnableServiceLinks = ptr.To(false)
	spec.Volumes = restoreVolumes(spec.Volumes, o.Volumes)
	restoreBuilder(spec, ours.Spec.Containers[0], defaultsOf(ours, Container))
	restoreSteps(spec, ours.Spec.InitContainers)
}

func restoreBuilder(spec *corev1.PodSpec, ours corev1.Container, defaults corev1.ResourceList) {
	i := slices.IndexFunc(spec.Containers, func(c corev1.Container) bool { return c.Name == Container })
	if i < 0 {
		spec.Containers = slices.Insert(spec.Containers, 0, *ours.DeepCopy())
		return
	}
	c := &spec.Containers[i]
	c.Command, c.Args = slices.Clone(ours.Command), nil
	c.Stdin, c.StdinOnce, c.TTY = false, false, false
	c.Env = restoreEnv(c.Env, ours.Env)
	c.VolumeMounts = restoreMounts(c.VolumeMounts, ours.VolumeMounts)
	c.TerminationMessagePath, c.TerminationMessagePolicy = ours.TerminationMessagePath, ours.TerminationMessagePolicy
	c.RestartPolicy, c.RestartPolicyRules = nil, nil
	lowerDefaults(c.Resources, defaults)
	// Nothing restarts the container, so a probe or hook could only disturb the build.
	c.LivenessProbe, c.ReadinessProbe, c.StartupProbe, c.Lifecycle = nil, nil, nil, nil
}

// restoreVolumes keeps the template's source for a disk, such as a larger one or a claim. It does not for volumes with credentials or ids.
func restoreVolumes(merged []corev1.Volume, ours []Volume) []corev1.Volume {
	for _, v := range ours {
		i := slices.IndexFunc(merged, func(m corev1.Volume) bool { return m.Name == v.Name })
		switch {
		case i < 0:
			merged = append(merged, corev1.Volume{Name: v.Name, VolumeSource: v.source()})
		case v.Memory, v.Secret != "", v.Annotation != "":
			merged[i].VolumeSource = v.source()
		default:
			keepOneSource(&merged[i])
		}
	}
	return merged
}

// keepOneSource removes our emptyDir if the template names another source. A strategic merge leaves both, which is invalid.
func keepOneSource(v *corev1.Volume) {
	others := v.VolumeSource
	others.EmptyDir = nil
	if others != (corev1.VolumeSource{}) {
		v.VolumeSource = others
	}
}

// restoreMounts puts our mounts first and removes the template's mounts at the same paths.
func restoreMounts(merged, ours []corev1.VolumeMount) []corev1.VolumeMount {
	theirs := slices.DeleteFunc(slices.Clone(merged), func(m corev1.VolumeMount) bool {
		return slices.ContainsFunc(ours, func(o corev1.VolumeMount) bool { return path.Clean(o.MountPath) == path.Clean(m.MountPath) })
	})
	return append(slices.Clone(ours), theirs...)
}

func restoreEnv(merged, ours []corev1.EnvVar) []corev1.EnvVar {
	theirs := slices.DeleteFunc(slices.Clone(merged), func(m corev1.EnvVar) bool {
		return slices.ContainsFunc(ours, func(o corev1.EnvVar) bool { return o.Name == m.Name })
	})
	return append(slices.Clone(ours), theirs...)
}
