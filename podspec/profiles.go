package podspec

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"
)

// Profile names how much of a builder pod is locked down.
type Profile string

// The profiles, from the most isolated to the least.
const (
	UserNS     Profile = "userns"
	Restricted Profile = "restricted"
	Localhost  Profile = "localhost"
	Unset      Profile = "unset"
	Unconfined Profile = "unconfined"
)

// Profiles returns every profile, from the most isolated to the least.
func Profiles() []Profile { return []Profile{UserNS, Restricted, Localhost, Unset, Unconfined} }

// UnknownProfileError is a profile that does not exist.
type UnknownProfileError struct{ Profile Profile }

func (e *UnknownProfileError) Error() string {
	return fmt.Sprintf("unknown profile %q: want one of %s", string(e.Profile), joinProfiles(Profiles()))
}

// user is the uid and gid of the builder: the one that newuidmap finds in the image's /etc/subuid.
const user = 1000

// security is all that a profile decides about: the user namespace, the pod's context, and that of each container.
type security struct {
	hostUsers *bool
	pod       corev1.PodSecurityContext
	container corev1.SecurityContext
}

type mutator func(*security)

func (o Options) security() (security, error) {
	seccomp, appArmor := localhostSeccomp(o.SeccompProfile), localhostAppArmor(o.AppArmorProfile)
	var profile []mutator
	switch o.Profile {
	case UserNS:
		profile = []mutator{ownUserNamespace, unmaskedProc, seccomp, appArmor}
	case Restricted:
		profile = []mutator{noCapabilities, noEscalation, seccomp, appArmor}
		if !o.HostUsers {
			profile = append(profile, ownUserNamespace)
		}
	case Localhost:
		profile = []mutator{seccomp, appArmor}
	case Unset:
		profile = nil
	case Unconfined:
		profile = []mutator{unconfinedSeccomp, unconfinedAppArmor}
	default:
		return security{}, &UnknownProfileError{o.Profile}
	}
	var sec security
	for _, mutate := range append(common(), profile...) {
		mutate(&sec)
	}
	return sec, nil
}

// common is what every profile starts from.
func common() []mutator {
	return []mutator{nonRoot, ownedVolumes, onlyIDMappingCapabilities, escalationForIDMapping, readOnlyRoot}
}

func nonRoot(s *security) {
	s.pod.RunAsNonRoot = ptr.To(true)
	s.pod.RunAsUser = ptr.To(int64(user))
	s.pod.RunAsGroup = ptr.To(int64(user))
}

func ownedVolumes(s *security) {
	s.pod.FSGroup = ptr.To(int64(user))
	// A cache claim with many files would be walked and changed at every start.
	s.pod.FSGroupChangePolicy = ptr.To(corev1.FSGroupChangeOnRootMismatch)
}

func onlyIDMappingCapabilities(s *security) {
	s.container.Capabilities = &corev1.Capabilities{
		Drop: []corev1.Capability{"ALL"},
		// newuidmap and newgidmap write a map of more than one id, for which the kernel asks for these two in the bounding set.
		Add: []corev1.Capability{"SETUID", "SETGID"},
	}
}

func escalationForIDMapping(s *security) {
	// newuidmap and newgidmap get their capability from the file, and no_new_privs would take it away.
	s.container.AllowPrivilegeEscalation = ptr.To(true)
}

func noCapabilities(s *security) {
	// One id is mapped, the pod's own, for which the kernel asks for none.
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
	// A RUN step's pid namespace needs a new /proc, which the kernel allows only where no part of the old one is covered.
	// Harmless in a user namespace of its own; validation refuses it elsewhere.
	s.container.ProcMount = ptr.To(corev1.UnmaskedProcMount)
}

func localhostSeccomp(path string) mutator {
	if path == "" {
		path = DefaultSeccompProfile
	}
	return func(s *security) {
		// RuntimeDefault forbids unshare and mount, without which nothing can be built; this profile adds those to it.
		s.pod.SeccompProfile = &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeLocalhost, LocalhostProfile: &path}
	}
}

func localhostAppArmor(name string) mutator {
	return func(s *security) {
		if name == "" { // a node without AppArmor refuses a pod that names a profile
			return
		}
		// The runtimes' default profile denies every mount; this one is the default with mounts.
		s.pod.AppArmorProfile = &corev1.AppArmorProfile{Type: corev1.AppArmorProfileTypeLocalhost, LocalhostProfile: &name}
	}
}

func unconfinedSeccomp(s *security) {
	// RuntimeDefault forbids unshare and mount; this is for nodes on which nobody installed a profile that allows them.
	s.pod.SeccompProfile = &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeUnconfined}
}

func unconfinedAppArmor(s *security) {
	// The runtimes' default AppArmor profile denies every mount, in a user namespace too.
	s.pod.AppArmorProfile = &corev1.AppArmorProfile{Type: corev1.AppArmorProfileTypeUnconfined}
}

// apply writes s over whatever the pod and its containers say about security.
func (s security) apply(pod *corev1.Pod) {
	spec := &pod.Spec
	spec.HostUsers = clone(s.hostUsers)
	spec.HostNetwork, spec.HostPID, spec.HostIPC = false, false, false
	spec.ShareProcessNamespace = nil
	spec.AutomountServiceAccountToken = ptr.To(false)
	spec.EphemeralContainers = nil
	spec.SecurityContext = s.pod.DeepCopy()
	for i := range spec.InitContainers {
		spec.InitContainers[i].SecurityContext = s.container.DeepCopy()
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

func joinProfiles(profiles []Profile) string {
	names := make([]string, len(profiles))
	for i, p := range profiles {
		names[i] = string(p)
	}
	return strings.Join(names, ", ")
}
