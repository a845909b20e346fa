package builder

import (
	"errors"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"

	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/podspec"
)

// confined names a seccomp profile and, if it is not empty, an AppArmor profile.
func confined(pod *corev1.Pod, appArmor string) *corev1.Pod {
	pod.Spec.SecurityContext = &corev1.PodSecurityContext{
		SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeLocalhost, LocalhostProfile: ptr.To("kubectl-img.json")},
	}
	if appArmor != "" {
		pod.Spec.SecurityContext.AppArmorProfile = &corev1.AppArmorProfile{Type: corev1.AppArmorProfileTypeLocalhost, LocalhostProfile: &appArmor}
	}
	return pod
}

// TestRefusalHints has the whole texts of the kubelet, containerd, CRI-O and runc. Each pod also names a seccomp profile, which is not the cause.
func TestRefusalHints(t *testing.T) {
	const notLoaded = "failed to get container spec opts: failed to generate apparmor spec opts: apparmor profile not found "
	const idmap = `failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: ` +
		`error during container init: failed to set MOUNT_ATTR_IDMAP on /var/lib/kubelet/pods/0/volumes/kubernetes.io~empty-dir/job: invalid argument ` +
		`(maybe the filesystem used doesn't support idmap mounts on this kernel?)`
	rejected := func(appArmor, message string) *corev1.Pod {
		pod := confined(builderPod(), appArmor)
		pod.Status = corev1.PodStatus{Phase: corev1.PodFailed, Reason: "AppArmor", Message: message}
		return pod
	}
	for name, c := range map[string]struct {
		pod     *corev1.Pod
		control podspec.Control
		hint    string
	}{
		"our AppArmor profile is not loaded, containerd": {
			confined(waiting("CreateContainerError", notLoaded+"kubectl-img"), "kubectl-img"), podspec.AppArmor, "kubectl img setup --profiles --apparmor | kubectl apply -f -",
		},
		"another AppArmor profile is not loaded, containerd": {
			confined(waiting("CreateContainerError", notLoaded+"seccomp-team"), "seccomp-team"), podspec.AppArmor, "load AppArmor profile seccomp-team on the node",
		},
		"AppArmor profile is not loaded, an older kubelet": {
			rejected("kubectl-img", `Cannot enforce AppArmor: profile "kubectl-img" is not loaded`), podspec.AppArmor, "kubectl img setup --profiles --apparmor",
		},
		"AppArmor profile is not loaded, CRI-O": {
			confined(waiting("CreateContainerError", `unable to load AppArmor profile: AppArmor profile "kubectl-img" specified but not loaded`), "kubectl-img"),
			podspec.AppArmor, "kubectl img setup --profiles --apparmor",
		},
		"node without AppArmor, kubelet": {
			rejected("kubectl-img", "Cannot enforce AppArmor: AppArmor is not enabled on the host"), podspec.AppArmor, "leave out --apparmor-profile",
		},
		"runtime without AppArmor": {
			confined(waiting("CreateContainerError", "failed to get container spec opts: failed to generate apparmor spec opts: apparmor is not supported"), "kubectl-img"),
			podspec.AppArmor, "leave out --apparmor-profile",
		},
		"runtime without apparmor_parser": {
			confined(waiting("CreateContainerError", `get apparmor_parser version: exec: "apparmor_parser": executable file not found in $PATH`), ""),
			podspec.AppArmor, "mend AppArmor on the node",
		},
		"kernel before 6.3": {confined(waiting("RunContainerError", idmap), ""), podspec.PodUserNamespace, "before Linux 6.3"},
		"kernel before 6.3, as the end of the container": {
			confined(terminated(corev1.ContainerStateTerminated{Reason: "StartError", ExitCode: 128, Message: idmap}), ""), podspec.PodUserNamespace, "before Linux 6.3",
		},
		"seccomp profile is missing, containerd": {
			confined(waiting("CreateContainerError", `failed to get container spec opts: failed to generate seccomp spec opts: cannot load seccomp profile `+
				`"/var/lib/kubelet/seccomp/kubectl-img.json": open /var/lib/kubelet/seccomp/kubectl-img.json: no such file or directory`), "kubectl-img"),
			podspec.Seccomp, "if kubectl-img.json is missing",
		},
		"read-only volume": {confined(waiting("CreateContainerError", "failed to mkdir /x: read-only file system"), "kubectl-img"), "", "kubectl describe pod"},
	} {
		t.Run(name, func(t *testing.T) {
			err := diagnose(c.pod, container).err
			refusal, ok := IsolationFailure(err)
			if refusal.Control != c.control || ok != (c.control != "") {
				t.Errorf("control %q, %v; want %q", refusal.Control, ok, c.control)
			}
			if hint := cli.Hint(err); !strings.Contains(hint, c.hint) || c.control != podspec.Seccomp && strings.Contains(hint, "kubectl-img.json") {
				t.Errorf("hint %q, want %q", hint, c.hint)
			}
		})
	}
}

// The kubelet's event comes before the pod's status and has the same text.
func TestRefusalHintsOfEvents(t *testing.T) {
	p := &Pod{container: container, want: confined(builderPod(), "kubectl-img")}
	for _, c := range []struct{ reason, message, hint string }{
		{"Failed", "Error: failed to get container spec opts: failed to generate apparmor spec opts: apparmor profile not found kubectl-img", "setup --profiles --apparmor"},
		{"FailedCreatePodSandBox", "Failed to create pod sandbox: runtime does not support user namespaces", "--profile localhost"},
		{"Failed", `Failed to pull image "seccomp"`, ""},
		{"FailedCreatePodSandBox", "plugin type=bridge failed", ""},
	} {
		err := p.isolationError(&corev1.Event{Reason: c.reason, Message: c.message})
		var start *StartError
		if errors.As(err, &start) != (c.hint != "") || start != nil && !strings.Contains(start.Hint(), c.hint) {
			t.Errorf("%s: %v, hint %q; want %q", c.message, err, cli.Hint(err), c.hint)
		}
	}
}
