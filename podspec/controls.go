package podspec

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"
)

// Control is a part of a cluster or of a node that can refuse the pod of a profile, or refuse a build in it.
type Control string

// The controls. definitions has those that a profile depends on.
const (
	PodUserNamespace Control = "user namespace of the pod"   // the runtime and the node's kernel give the pod one of its own
	WholeProc        Control = "procMount"                   // the runtime covers no part of /proc
	Seccomp          Control = "seccomp"                     // the node has the pod's seccomp profile, and it allows user namespaces and mounts
	AppArmor         Control = "AppArmor"                    // the node has the pod's AppArmor profile, and it allows user namespaces and mounts
	NoAppArmor       Control = "no AppArmor profile"         // the node's kernel gives user namespaces to processes without an AppArmor profile
	UserNamespaces   Control = "user namespaces"             // the node's kernel gives user namespaces to unprivileged processes
	IDMapping        Control = "capabilities SETUID, SETGID" // newuidmap and newgidmap can gain them
	StepContainers   Control = "containers for build steps"  // the cluster runs sidecars, and the image's agent works in them
)

// needsOfSteps are the controls of every pod in which build steps run in a user namespace that the engine makes.
func needsOfSteps() []Control { return []Control{UserNamespaces, Seccomp, AppArmor, NoAppArmor} }

// asked returns what the pod asks of the control; it is empty for a pod that asks nothing.
func (c Control) asked(pod *corev1.Pod) string {
	const something = "something"
	sc := ptr.Deref(pod.Spec.SecurityContext, corev1.PodSecurityContext{})
	switch c {
	case PodUserNamespace:
		if ptr.Deref(pod.Spec.HostUsers, true) {
			return ""
		}
		return something
	case Seccomp:
		p := ptr.Deref(sc.SeccompProfile, corev1.SeccompProfile{Type: "the node's default"})
		return string(p.Type) + " " + ptr.Deref(p.LocalhostProfile, "")
	case AppArmor:
		p := ptr.Deref(sc.AppArmorProfile, corev1.AppArmorProfile{Type: "the runtime's default"})
		return string(p.Type) + " " + ptr.Deref(p.LocalhostProfile, "")
	case NoAppArmor:
		// A pod that names no profile runs without one where the runtime has no default.
		if sc.AppArmorProfile != nil && sc.AppArmorProfile.Type == corev1.AppArmorProfileTypeLocalhost {
			return ""
		}
		return something
	default:
		return something
	}
}
