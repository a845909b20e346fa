package builder

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-img/kubectl-img/podspec"
)

// startHint names what helps against a container or a sandbox that the node does not create. The pod may be the one that was requested.
func startHint(reason, message string, pod *corev1.Pod) string {
	control, _ := refusing(reason, message)
	switch control {
	case podspec.Seccomp:
		return seccompHint(pod)
	case podspec.AppArmor:
		return appArmorHint(message, pod)
	case podspec.PodUserNamespace:
		return "the node's kernel (before Linux 6.3) or container runtime is too old to give the pod a user namespace of its own; use --profile localhost"
	case podspec.WholeProc:
		return "use --profile localhost"
	default:
		return "kubectl describe pod shows the runtime's answer; keep the pod with --keep"
	}
}

func seccompHint(pod *corev1.Pod) string {
	if p := LocalhostProfile(pod); p != "" {
		return fmt.Sprintf("if %s is missing below seccomp/ in the kubelet's directory on the node, install it or use --profile unset", p)
	}
	return "choose nodes whose container runtime knows seccomp with --node-selector"
}

// appArmorHint distinguishes a node without AppArmor, a profile that the node has not loaded, and a runtime that can't load its own profile.
func appArmorHint(message string, pod *corev1.Pod) string {
	switch name := appArmorProfile(pod); {
	case strings.Contains(message, "not enabled"), strings.Contains(message, "not supported"):
		return "leave out --apparmor-profile, which is for nodes with AppArmor"
	case name == podspec.InstalledAppArmorProfile:
		return "kubectl img setup --profiles --apparmor | kubectl apply -f - loads AppArmor profile " + name + " on the nodes"
	case name != "":
		return fmt.Sprintf("load AppArmor profile %s on the node, or name one that is loaded with --apparmor-profile", name)
	default:
		return "mend AppArmor on the node, whose container runtime can't load its own profile; or choose others with --node-selector"
	}
}

// LocalhostProfile returns the pod's seccomp profile as a path below the kubelet's seccomp directory, or "" if the pod names none.
func LocalhostProfile(pod *corev1.Pod) string {
	if sc := pod.Spec.SecurityContext; sc != nil && sc.SeccompProfile != nil && sc.SeccompProfile.LocalhostProfile != nil {
		return *sc.SeccompProfile.LocalhostProfile
	}
	return ""
}

// appArmorProfile returns the pod's AppArmor profile, or "" if the pod names none.
func appArmorProfile(pod *corev1.Pod) string {
	if sc := pod.Spec.SecurityContext; sc != nil && sc.AppArmorProfile != nil && sc.AppArmorProfile.LocalhostProfile != nil {
		return *sc.AppArmorProfile.LocalhostProfile
	}
	return ""
}
