package podsecurity

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"
)

// The fields that an API server without the feature gates UserNamespacesSupport, ProcMountType and SidecarContainers clears without an error.
const (
	fieldHostUsers = "spec.hostUsers"
	fieldProcMount = "securityContext.procMount"
	fieldSidecar   = "initContainers.restartPolicy"
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
	switch {
	case e.Sidecar():
		return "profile stock takes Kubernetes 1.29 or later; use another profile"
	case e.FeatureGate():
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

// Sidecar reports whether the API server does not know sidecars.
func (e *WeakenedError) Sidecar() bool { return e.Field == fieldSidecar }

// UserNamespace reports whether the pod lost its own user namespace.
func (e *WeakenedError) UserNamespace() bool { return e.Field == fieldHostUsers }

// Compare returns the first security setting that is weaker in the stored pod than in the requested one, or nil. It looks at the
// pod and at the named containers. The causes are a disabled feature gate, which drops a field, and mutating admission.
func Compare(requested, stored *corev1.Pod, containers []string) *WeakenedError {
	for _, c := range []struct {
		field  string
		weaker bool
	}{
		{fieldHostUsers, !ptr.Deref(requested.Spec.HostUsers, true) && ptr.Deref(stored.Spec.HostUsers, true)},
		{"spec.hostNetwork", stored.Spec.HostNetwork && !requested.Spec.HostNetwork},
		{"spec.hostPID", stored.Spec.HostPID && !requested.Spec.HostPID},
		{"spec.hostIPC", stored.Spec.HostIPC && !requested.Spec.HostIPC},
		{"spec.shareProcessNamespace", ptr.Deref(stored.Spec.ShareProcessNamespace, false) && !ptr.Deref(requested.Spec.ShareProcessNamespace, false)},
	} {
		if c.weaker {
			return &WeakenedError{c.field}
		}
	}
	for _, name := range containers {
		if weakened := compareContainer(requested, stored, name); weakened != nil {
			return weakened
		}
	}
	return nil
}

func compareContainer(requested, stored *corev1.Pod, container string) *WeakenedError {
	want, got := containerContext(requested, container), containerContext(stored, container)
	asked, kept := find(requested, container), find(stored, container)
	for _, c := range []struct {
		field  string
		weaker bool
	}{
		{fieldProcMount, ptr.Deref(want.ProcMount, corev1.DefaultProcMount) != ptr.Deref(got.ProcMount, corev1.DefaultProcMount)},
		{"securityContext.seccompProfile", weakerSeccomp(want.SeccompProfile, got.SeccompProfile)},
		{"securityContext.appArmorProfile", weakerAppArmor(want.AppArmorProfile, got.AppArmorProfile)}, // API servers before 1.30 do not know the field
		{"securityContext.allowPrivilegeEscalation", !ptr.Deref(want.AllowPrivilegeEscalation, true) && ptr.Deref(got.AllowPrivilegeEscalation, true)},
		{"securityContext.privileged", ptr.Deref(got.Privileged, false) && !ptr.Deref(want.Privileged, false)},
		{"securityContext.capabilities", moreCapabilities(want.Capabilities, got.Capabilities)},
		{fieldSidecar, asked.RestartPolicy != nil && kept.RestartPolicy == nil},
		// Whatever is mounted into a container for build steps, each of them can read.
		{"volumeMounts", asked.RestartPolicy != nil && len(kept.VolumeMounts) > len(asked.VolumeMounts)},
	} {
		if c.weaker {
			return &WeakenedError{c.field}
		}
	}
	return nil
}

// find returns the container of this name, or an empty one.
func find(pod *corev1.Pod, container string) corev1.Container {
	all := slices.Concat(pod.Spec.Containers, pod.Spec.InitContainers)
	if i := slices.IndexFunc(all, func(c corev1.Container) bool { return c.Name == container }); i >= 0 {
		return all[i]
	}
	return corev1.Container{}
}

// containerContext returns the container's security context, with the pod's seccomp and AppArmor profiles if the container sets none.
func containerContext(pod *corev1.Pod, container string) corev1.SecurityContext {
	out := ptr.Deref(find(pod, container).SecurityContext, corev1.SecurityContext{})
	if out.SeccompProfile == nil && pod.Spec.SecurityContext != nil {
		out.SeccompProfile = pod.Spec.SecurityContext.SeccompProfile
	}
	if out.AppArmorProfile == nil && pod.Spec.SecurityContext != nil {
		out.AppArmorProfile = pod.Spec.SecurityContext.AppArmorProfile
	}
	return out
}

// moreCapabilities reports whether the stored capabilities are not dropped, or are added, although nobody asked for them.
func moreCapabilities(requested, stored *corev1.Capabilities) bool {
	want, got := ptr.Deref(requested, corev1.Capabilities{}), ptr.Deref(stored, corev1.Capabilities{})
	kept := slices.ContainsFunc(want.Drop, func(c corev1.Capability) bool { return !slices.Contains(got.Drop, c) })
	return kept || slices.ContainsFunc(got.Add, func(c corev1.Capability) bool { return !slices.Contains(want.Add, c) })
}

// weakerSeccomp requires the same file where a Localhost profile was requested, and the runtime's default where that was: nothing is known about another
// file, and no profile is none unless the kubelet has a default. In every other case only Unconfined is weaker.
func weakerSeccomp(requested, stored *corev1.SeccompProfile) bool {
	want, got := ptr.Deref(requested, corev1.SeccompProfile{}), ptr.Deref(stored, corev1.SeccompProfile{})
	if want.Type == corev1.SeccompProfileTypeLocalhost {
		return got.Type != want.Type || ptr.Deref(got.LocalhostProfile, "") != ptr.Deref(want.LocalhostProfile, "")
	}
	if want.Type == corev1.SeccompProfileTypeRuntimeDefault {
		return got.Type != want.Type
	}
	return want.Type != corev1.SeccompProfileTypeUnconfined && got.Type == corev1.SeccompProfileTypeUnconfined
}

// weakerAppArmor requires the profile that was requested by name. A pod that names none claims nothing of AppArmor.
func weakerAppArmor(requested, stored *corev1.AppArmorProfile) bool {
	want, got := ptr.Deref(requested, corev1.AppArmorProfile{}), ptr.Deref(stored, corev1.AppArmorProfile{})
	return want.Type == corev1.AppArmorProfileTypeLocalhost &&
		(got.Type != want.Type || ptr.Deref(got.LocalhostProfile, "") != ptr.Deref(want.LocalhostProfile, ""))
}
