package podspec

import (
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
)

// gracePeriod is short, in seconds: by the time of a delete, the client has the result or there is none.
const gracePeriod = 5

// Pod returns the builder pod. It returns an error if the profile is unknown or the template can't be used.
func Pod(o Options) (*corev1.Pod, error) {
	sec, err := o.security()
	if err != nil {
		return nil, err
	}
	o.Volumes = append(slices.Clone(o.Volumes), o.idVolumes()...)
	pod := o.base()
	sec.apply(pod, Steps(pod))
	if len(o.Template) == 0 {
		return pod, nil
	}
	merged, err := mergeTemplate(pod, o.Template)
	if err != nil {
		return nil, err
	}
	if err := rejectHostAccess(merged); err != nil {
		return nil, err
	}
	if err := rejectStepNames(merged, pod); err != nil {
		return nil, err
	}
	restore(merged, pod, o)
	sec.apply(merged, Steps(merged))
	return merged, nil
}

// idVolumes returns the volume with the annotation, for a profile that maps ids.
func (o Options) idVolumes() []Volume {
	if o.Profile.definition().ids == "" {
		return nil
	}
	return []Volume{{Name: "ids", Annotation: AnnotationIDs, MountPath: "/etc/subuid", AlsoAt: "/etc/subgid"}}
}

// security returns the settings of the profile, with what the options choose.
func (o Options) security() (security, error) {
	profile := o.Profile.definition()
	if profile.name == "" {
		return security{}, unknownProfile(o.Profile)
	}
	settings := append(common(), profile.settings...)
	if profile.needsNodeProfiles {
		settings = append(settings, localhostSeccomp(o.SeccompProfile), localhostAppArmor(o.AppArmorProfile))
	}
	if profile.userNamespaceOptional && !o.HostUsers {
		settings = append(settings, ownUserNamespace)
	}
	var sec security
	for _, set := range settings {
		set(&sec)
	}
	return sec, nil
}

// base returns the pod without its profile and template.
func (o Options) base() *corev1.Pod {
	return &corev1.Pod{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"},
		ObjectMeta: metav1.ObjectMeta{
			Name:        o.Name,
			Namespace:   o.Namespace,
			Labels:      withFixed(o.Labels, fixedLabels()),
			Annotations: withFixed(o.Annotations, o.fixedAnnotations()),
		},
		Spec: corev1.PodSpec{
			ServiceAccountName:            o.ServiceAccount,
			AutomountServiceAccountToken:  ptr.To(false),
			EnableServiceLinks:            ptr.To(false),
			RestartPolicy:                 corev1.RestartPolicyNever,
			TerminationGracePeriodSeconds: ptr.To(int64(gracePeriod)),
			ActiveDeadlineSeconds:         ptr.To(seconds(o.Deadline)),
			NodeSelector:                  withFixed(o.NodeSelector, map[string]string{corev1.LabelOSStable: string(corev1.Linux)}),
			Tolerations:                   o.Tolerations,
			ImagePullSecrets:              pullSecrets(o.ImagePullSecrets),
			Volumes:                       volumes(o.Volumes),
			InitContainers:                o.stepContainers(),
			HostAliases:                   o.hostAliases(),
			Containers: []corev1.Container{{
				Name:                     Container,
				Image:                    o.Image,
				Command:                  o.Command,
				Env:                      o.Env,
				Resources:                o.builderResources(),
				VolumeMounts:             mounts(o.Volumes),
				TerminationMessagePath:   corev1.TerminationMessagePathDefault,
				TerminationMessagePolicy: corev1.TerminationMessageReadFile,
			}},
		},
	}
}

func pullSecrets(names []string) []corev1.LocalObjectReference {
	var refs []corev1.LocalObjectReference
	for _, name := range names {
		refs = append(refs, corev1.LocalObjectReference{Name: name})
	}
	return refs
}

// seconds rounds up, because a deadline of 0 seconds is invalid and an early one stops a build.
func seconds(d time.Duration) int64 {
	return max(1, int64((d+time.Second-1)/time.Second))
}
