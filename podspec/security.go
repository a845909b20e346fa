package podspec

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"
)

// builderID is the builder's user and group ID. newuidmap finds its ID ranges under this ID in /etc/subuid.
const builderID = 1000

// DefaultSeccompProfile is the path below the kubelet's seccomp directory at which package deploy installs the profile.
const DefaultSeccompProfile = "kubectl-img.json"

// InstalledAppArmorProfile is the name under which package deploy loads the profile. No pod names it unless --apparmor-profile does.
const InstalledAppArmorProfile = "kubectl-img"

// security is the part of a pod that its profile decides: the user namespace, the security context of the pod, and that of each
// container.
type security struct {
	hostUsers *bool
	pod       corev1.PodSecurityContext
	container corev1.SecurityContext
	step      corev1.SecurityContext // of the containers for build steps
}

// mutator sets one part of the security settings. Later mutators overwrite earlier ones.
type mutator func(*security)

// common returns the settings of every profile.
func common() []mutator {
	return []mutator{nonRoot, ownedVolumes, onlyIDMappingCapabilities, escalationForIDMapping, readOnlyRoot}
}

func nonRoot(s *security) {
	s.pod.RunAsNonRoot = ptr.To(true)
	s.pod.RunAsUser = ptr.To(int64(builderID))
	s.pod.RunAsGroup = ptr.To(int64(builderID))
}

func ownedVolumes(s *security) {
	s.pod.FSGroup = ptr.To(int64(builderID))
	// Without this policy, the kubelet changes the group of every file of a cache volume at every start.
	s.pod.FSGroupChangePolicy = ptr.To(corev1.FSGroupChangeOnRootMismatch)
}

func onlyIDMappingCapabilities(s *security) {
	s.container.Capabilities = &corev1.Capabilities{
		Drop: []corev1.Capability{"ALL"},
		// newuidmap and newgidmap map more than one ID. For that, the kernel requires these two in the bounding set.
		Add: []corev1.Capability{"SETUID", "SETGID"},
	}
}

func escalationForIDMapping(s *security) {
	// newuidmap and newgidmap have file capabilities. no_new_privs would disable these.
	s.container.AllowPrivilegeEscalation = ptr.To(true)
}

func noCapabilities(s *security) {
	// This pod maps only its own ID, for which the kernel requires no capability.
	s.container.Capabilities = &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}}
}

func noEscalation(s *security) {
	s.container.AllowPrivilegeEscalation = ptr.To(false)
}

func readOnlyRoot(s *security) {
	s.container.ReadOnlyRootFilesystem = ptr.To(true)
}

func ownUserNamespace(s *security) {
	s.hostUsers = ptr.To(false)
}

func unmaskedProc(s *security) {
	// The PID namespace of a RUN step needs a new /proc. The kernel allows that only if no part of the old /proc is masked.
	// Unmasked is safe in a user namespace, and the API server rejects it elsewhere.
	s.container.ProcMount = ptr.To(corev1.UnmaskedProcMount)
}

func localhostSeccomp(path string) mutator {
	if path == "" {
		path = DefaultSeccompProfile
	}
	return func(s *security) {
		// RuntimeDefault forbids unshare and mount, which every build needs. This profile adds them.
		s.pod.SeccompProfile = &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeLocalhost, LocalhostProfile: &path}
	}
}

func localhostAppArmor(name string) mutator {
	return func(s *security) {
		if name == "" { // a node without AppArmor can't run a pod that names a profile
			return
		}
		// The runtimes' default AppArmor profile denies every mount. This profile allows mounts.
		s.pod.AppArmorProfile = &corev1.AppArmorProfile{Type: corev1.AppArmorProfileTypeLocalhost, LocalhostProfile: &name}
	}
}

func unconfinedSeccomp(s *security) {
	// RuntimeDefault forbids unshare and mount. Nodes without our seccomp profile have no profile that allows them.
	s.pod.SeccompProfile = &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeUnconfined}
}

func unconfinedAppArmor(s *security) {
	// The runtimes' default AppArmor profile denies every mount, even in a user namespace.
	s.pod.AppArmorProfile = &corev1.AppArmorProfile{Type: corev1.AppArmorProfileTypeUnconfined}
}

// apply overwrites all security settings of the pod and its containers. steps are the names of those in which build steps run.
func (s security) apply(pod *corev1.Pod, steps []string) {
	spec := &pod.Spec
	spec.HostUsers = clone(s.hostUsers)
	spec.HostNetwork, spec.HostPID, spec.HostIPC = false, false, false
	spec.ShareProcessNamespace = nil
	spec.AutomountServiceAccountToken = ptr.To(false)
	spec.EphemeralContainers = nil
	spec.SecurityContext = s.pod.DeepCopy()
	for i := range spec.InitContainers {
		c := &spec.InitContainers[i]
		c.SecurityContext = s.container.DeepCopy()
		if slices.Contains(steps, c.Name) {
			c.SecurityContext = s.step.DeepCopy()
		}
	}
	for i := range spec.Containers {
		spec.Containers[i].SecurityContext = s.container.DeepCopy()
	}
}

func clone[T any](p *T) *T {
	if p == nil {
		return nil
	}
	return ptr.To(*p)
}
