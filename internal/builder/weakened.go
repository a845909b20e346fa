package builder

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"
)

// WeakenedError says that the API server stored less isolation than was asked for.
type WeakenedError struct{ Field string }

func (e *WeakenedError) Error() string {
	return "the API server dropped or changed " + e.Field + " of the builder pod, which the profile needs"
}

// Hint names the way out.
func (e *WeakenedError) Hint() string {
	switch e.Field {
	case fieldHostUsers, fieldProcMount:
		return "enable the UserNamespacesSupport and ProcMountType feature gates, or use --profile localhost"
	default:
		return "kubectl get mutatingwebhookconfigurations,mutatingadmissionpolicies lists what may have changed it"
	}
}

const (
	fieldHostUsers = "spec.hostUsers"
	fieldProcMount = "securityContext.procMount"
)

// weakened finds what a server with a feature gate off clears without a word, and what a mutating webhook takes away.
func (p *Pod) weakened(want, got *corev1.Pod) error {
	ours, theirs := p.securityContext(want), p.securityContext(got)
	for _, c := range []struct {
		field  string
		weaker bool
	}{
		{fieldHostUsers, !ptr.Deref(want.Spec.HostUsers, true) && ptr.Deref(got.Spec.HostUsers, true)},
		{fieldProcMount, ptr.Deref(ours.ProcMount, corev1.DefaultProcMount) != ptr.Deref(theirs.ProcMount, corev1.DefaultProcMount)},
		{"securityContext.seccompProfile", weakerSeccomp(ours.SeccompProfile, theirs.SeccompProfile)},
		{"securityContext.allowPrivilegeEscalation", !ptr.Deref(ours.AllowPrivilegeEscalation, true) && ptr.Deref(theirs.AllowPrivilegeEscalation, true)},
		{"securityContext.privileged", ptr.Deref(theirs.Privileged, false) && !ptr.Deref(ours.Privileged, false)},
		{"spec.hostNetwork", got.Spec.HostNetwork && !want.Spec.HostNetwork},
		{"spec.hostPID", got.Spec.HostPID && !want.Spec.HostPID},
		{"spec.hostIPC", got.Spec.HostIPC && !want.Spec.HostIPC},
	} {
		if c.weaker {
			return &WeakenedError{c.field}
		}
	}
	return nil
}

// securityContext is the builder container's, with the pod's seccomp profile where it has none of its own.
func (p *Pod) securityContext(pod *corev1.Pod) corev1.SecurityContext {
	var out corev1.SecurityContext
	for _, c := range pod.Spec.Containers {
		if c.Name == p.container && c.SecurityContext != nil {
			out = *c.SecurityContext
		}
	}
	if out.SeccompProfile == nil && pod.Spec.SecurityContext != nil {
		out.SeccompProfile = pod.Spec.SecurityContext.SeccompProfile
	}
	return out
}

// weakerSeccomp: a profile from a file is that file or nothing, and nothing else may become unconfined.
func weakerSeccomp(ours, theirs *corev1.SeccompProfile) bool {
	want, got := ptr.Deref(ours, corev1.SeccompProfile{}), ptr.Deref(theirs, corev1.SeccompProfile{})
	if want.Type == corev1.SeccompProfileTypeLocalhost {
		return got.Type != want.Type || ptr.Deref(got.LocalhostProfile, "") != ptr.Deref(want.LocalhostProfile, "")
	}
	return want.Type != corev1.SeccompProfileTypeUnconfined && got.Type == corev1.SeccompProfileTypeUnconfined
}
