package podsecurity

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"
)

// The fields that an API server without the feature gates UserNamespacesSupport and ProcMountType clears without an error.
const (
	fieldHostUsers = "spec.hostUsers"
	fieldProcMount = "securityContext.procMount"
)

// WeakenedError says that the API server stored a pod with less isolation than requested.
type WeakenedError struct {
	Field string // path below the pod, or below the container
}

func (e *WeakenedError) Error() string {
	return "the API server dropped or changed " + e.Field + " of the builder pod, which the profile needs"
}

// Hint names the setting to change.
func (e *WeakenedError) Hint() string {
	if e.FeatureGate() {
		return "enable the UserNamespacesSupport and ProcMountType feature gates, or use --profile localhost"
	}
	return "kubectl get mutatingwebhookconfigurations,mutatingadmissionpolicies lists what may have changed it"
}

// Name returns the field's name without its path.
func (e *WeakenedError) Name() string { return e.Field[strings.LastIndex(e.Field, ".")+1:] }

// FeatureGate reports whether the API server dropped the field because a feature gate is off.
func (e *WeakenedError) FeatureGate() bool {
	return e.Field == fieldHostUsers || e.Field == fieldProcMount
}

// UserNamespace reports whether the pod lost its own user namespace.
func (e *WeakenedError) UserNamespace() bool { return e.Field == fieldHostUsers }

// Compare returns the first security setting that is weaker in the stored pod than in the requested one, or nil. It looks at the
// pod and at the named container. The causes are a disabled feature gate, which drops a field, and mutating admission.
func Compare(requested, stored *corev1.Pod, container string) *WeakenedError {
	want, got := containerContext(requested, container), containerContext(stored, container)
	for _, c := range []struct {
		field  string
		weaker bool
	}{
		{fieldHostUsers, !ptr.Deref(requested.Spec.HostUsers, true) && ptr.Deref(stored.Spec.HostUsers, true)},
		{fieldProcMount, ptr.Deref(want.ProcMount, corev1.DefaultProcMount) != ptr.Deref(got.ProcMount, corev1.DefaultProcMount)},
		{"securityContext.seccompProfile", weakerSeccomp(want.SeccompProfile, got.SeccompProfile)},
		{"securityContext.appArmorProfile", weakerAppArmor(want.AppArmorProfile, got.AppArmorProfile)}, // API servers before 1.30 do not know the field
		{"securityContext.allowPrivilegeEscalation", !ptr.Deref(want.AllowPrivilegeEscalation, true) && ptr.Deref(got.AllowPrivilegeEscalation, true)},
		{"securityContext.privileged", ptr.Deref(got.Privileged, false) && !ptr.Deref(want.Privileged, false)},
		{"spec.hostNetwork", stored.Spec.HostNetwork && !requested.Spec.HostNetwork},
		{"spec.hostPID", stored.Spec.HostPID && !requested.Spec.HostPID},
		{"spec.hostIPC", stored.Spec.HostIPC && !requested.Spec.HostIPC},
	} {
		if c.weaker {
			return &WeakenedError{c.field}
		}
	}
	return nil
}

// containerContext returns the container's security context, with the pod's seccomp and AppArmor profiles if the container sets none.
func containerContext(pod *corev1.Pod, container string) corev1.SecurityContext {
	var out corev1.SecurityContext
	for _, c := range pod.Spec.Containers {
		if c.Name == container && c.SecurityContext != nil {
			out = *c.SecurityContext
		}
	}
	if out.SeccompProfile == nil && pod.Spec.SecurityContext != nil {
		out.SeccompProfile = pod.Spec.SecurityContext.SeccompProfile
	}
	if out.AppArmorProfile == nil && pod.Spec.SecurityContext != nil {
		out.AppArmorProfile = pod.Spec.SecurityContext.AppArmorProfile
	}
	return out
}

// weakerSeccomp requires the same file where a Localhost profile was requested: nothing is known about another file. In every other
// case only Unconfined is weaker.
func weakerSeccomp(requested, stored *corev1.SeccompProfile) bool {
	want, got := ptr.Deref(requested, corev1.SeccompProfile{}), ptr.Deref(stored, corev1.SeccompProfile{})
	if want.Type == corev1.SeccompProfileTypeLocalhost {
		return got.Type != want.Type || ptr.Deref(got.LocalhostProfile, "") != ptr.Deref(want.LocalhostProfile, "")
	}
	return want.Type != corev1.SeccompProfileTypeUnconfined && got.Type == corev1.SeccompProfileTypeUnconfined
}

// weakerAppArmor requires the profile that was requested by name. A pod that names none claims nothing of AppArmor.
func weakerAppArmor(requested, stored *corev1.AppArmorProfile) bool {
	want, got := ptr.Deref(requested, corev1.AppArmorProfile{}), ptr.Deref(stored, corev1.AppArmorProfile{})
	return want.Type == corev1.AppArmorProfileTypeLocalhost &&
		(got.Type != want.Type || ptr.Deref(got.LocalhostProfile, "") != ptr.Deref(want.LocalhostProfile, ""))
}
