package deploy_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-img/kubectl-img/deploy"
)

// TestAppArmorProfile parses the profile with this machine's apparmor_parser. It removes what parsers before 4.0 do not know, as the
// installer does. Nothing is loaded, so the kernel needs no AppArmor.
func TestAppArmorProfile(t *testing.T) {
	profile, err := os.ReadFile(filepath.Join("apparmor", "kubectl-img"))
	if err != nil {
		t.Fatal(err)
	}
	old := regexp.MustCompile(`(?m)^ *userns,$`).ReplaceAll(bytes.Replace(profile, []byte("<abi/4.0>"), []byte("<abi/3.0>"), 1), nil)
	if out, err := parse(t, old); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	// The parser must also reject something, or the test proves nothing.
	if out, err := parse(t, append(old, "\nprofile broken { mountain, }\n"...)); err == nil {
		t.Errorf("a broken profile was parsed:\n%s", out)
	}
}

func parse(t *testing.T, profile []byte) ([]byte, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "apparmor_parser", "--skip-kernel-load", "--skip-cache", "--skip-read-cache")
	cmd.Stdin = bytes.NewReader(profile)
	return cmd.CombinedOutput()
}

// installer returns the pod of the AppArmor installer, and the profile that it loads.
func installer(t *testing.T) (pod corev1.PodSpec, profile string) {
	t.Helper()
	var out bytes.Buffer
	if err := (deploy.NodeProfiles{AppArmor: true, Operator: true}).Write(&out); err != nil {
		t.Fatal(err)
	}
	_, manifests, _ := strings.Cut(out.String(), "---\n# Namespace") // without the operator's SeccompProfile
	objects := decode(t, []byte("---\n#"+manifests))
	return objects["DaemonSet"].(*appsv1.DaemonSet).Spec.Template.Spec, objects["ConfigMap"].(*corev1.ConfigMap).Data["kubectl-img"]
}

// TestAppArmorInstallerPrivileges checks that the installer gets one capability, and of the node only what the parser needs.
func TestAppArmorInstallerPrivileges(t *testing.T) {
	pod, _ := installer(t)
	container := pod.Containers[0]
	if diff := cmp.Diff(&corev1.Capabilities{Drop: []corev1.Capability{"ALL"}, Add: []corev1.Capability{"MAC_ADMIN"}}, container.SecurityContext.Capabilities); diff != "" {
		t.Errorf("capabilities (-want +got):\n%s", diff)
	}
	if *container.SecurityContext.AllowPrivilegeEscalation || !*container.SecurityContext.ReadOnlyRootFilesystem || *pod.AutomountServiceAccountToken || pod.HostPID || pod.HostNetwork {
		t.Error("the pod has more access to the node or the API than it needs")
	}
	writable := map[string]bool{}
	for path, mount := range hostPaths(pod) {
		writable[path] = !mount.ReadOnly
	}
	if diff := cmp.Diff(map[string]bool{"/usr": false, "/etc/apparmor.d": false, "/sys/kernel/security": true}, writable); diff != "" {
		t.Errorf("host paths, and whether they are writable (-want +got):\n%s", diff)
	}
}

// hostPaths returns the mounts of host paths by these paths.
func hostPaths(pod corev1.PodSpec) map[string]corev1.VolumeMount {
	mounts := map[string]corev1.VolumeMount{}
	for _, v := range pod.Volumes {
		i := slices.IndexFunc(pod.Containers[0].VolumeMounts, func(m corev1.VolumeMount) bool { return m.Name == v.Name })
		if v.HostPath != nil && i >= 0 {
			mounts[v.HostPath.Path] = pod.Containers[0].VolumeMounts[i]
		}
	}
	return mounts
}

// TestAppArmorInstaller runs the container's command with the container's mounts and the PATH of the builder image. The kernel's
// interface is a directory, so no kernel loads the profile.
func TestAppArmorInstaller(t *testing.T) {
	for name, c := range map[string]struct {
		enabled  string // content of the kernel's file
		noParser bool
		loads    bool
		says     string
	}{
		"node with AppArmor":    {enabled: "Y\n", loads: true, says: "loaded kubectl-img\n"},
		"node without AppArmor": {says: "this node has no AppArmor\n"},
		"AppArmor disabled":     {enabled: "N\n", says: "this node has no AppArmor\n"},
		"no parser":             {enabled: "Y\n", noParser: true, says: "error: load AppArmor profile: this node has no apparmor_parser"},
	} {
		t.Run(name, func(t *testing.T) {
			root := newRoot(t)
			pod, profile := installer(t)
			root.write("profiles/kubectl-img", profile)
			if c.enabled != "" {
				root.write("sys/module/apparmor/parameters/enabled", c.enabled)
			}
			root.write("sys/kernel/security/apparmor/.replace", "")
			mounts := ""
			for path, mount := range hostPaths(pod) {
				root.mkdir(mount.MountPath)
				if path != "/sys/kernel/security" && !(c.noParser && path == "/usr") {
					mounts += "mount --rbind " + path + " " + root.path(mount.MountPath) + "\n"
				}
			}
			out := root.run(mounts, pod.Containers[0].Command)
			loaded := root.read("sys/kernel/security/apparmor/.replace")
			if !strings.Contains(out, c.says) || strings.Contains(loaded, "kubectl-img") != c.loads {
				t.Errorf("output %q, want %q; %d bytes loaded, want some: %v", out, c.says, len(loaded), c.loads)
			}
		})
	}
}

// root is the root directory of a container.
type root struct {
	t   *testing.T
	dir string
}

// newRoot returns a root directory with the shell and the programs of the builder image.
func newRoot(t *testing.T) root {
	r := root{t, t.TempDir()}
	busybox, err := exec.LookPath("busybox")
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(busybox)
	if err != nil {
		t.Fatal(err)
	}
	r.write("bin/busybox", string(program))
	if err := os.Chmod(r.path("bin/busybox"), 0o755); err != nil {
		t.Fatal(err)
	}
	applets, err := exec.CommandContext(t.Context(), busybox, "--list").Output()
	if err != nil {
		t.Fatal(err)
	}
	for applet := range strings.FieldsSeq(string(applets)) {
		if err := os.Symlink("busybox", r.path("bin/"+applet)); err != nil && applet != "busybox" {
			t.Fatal(err)
		}
	}
	r.mkdir("tmp")
	return r
}

func (r root) path(name string) string { return filepath.Join(r.dir, filepath.FromSlash(name)) }

func (r root) mkdir(name string) {
	r.t.Helper()
	if err := os.MkdirAll(r.path(name), 0o755); err != nil {
		r.t.Fatal(err)
	}
}

func (r root) write(name, content string) {
	r.t.Helper()
	r.mkdir(filepath.Dir(name))
	if err := os.WriteFile(r.path(name), []byte(content), 0o644); err != nil {
		r.t.Fatal(err)
	}
}

func (r root) read(name string) string {
	r.t.Helper()
	content, err := os.ReadFile(r.path(name))
	if err != nil {
		r.t.Fatal(err)
	}
	return string(content)
}

// run runs a command in the root directory, after the mounts, until it ends or its readiness probe succeeds. It returns the output.
func (r root) run(mounts string, command []string) string {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), time.Minute)
	defer cancel()
	chroot, err := exec.LookPath("chroot")
	if err != nil {
		r.t.Fatal(err)
	}
	r.write("dev/null", "")
	script := "set -e\nmount --bind /dev/null " + r.path("dev/null") + "\n" + mounts + "PATH=/usr/bin:/bin exec " + chroot + " " + r.dir + ` "$@"`
	args := append([]string{"--user", "--map-root-user", "--mount", "--kill-child", "--fork", "--pid", "sh", "-c", script, "sh"}, command...)
	cmd := exec.CommandContext(ctx, "unshare", args...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.WaitDelay = time.Second
	if err := cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	go func() {
		for ctx.Err() == nil {
			if _, err := os.Stat(r.path("tmp/done")); err == nil {
				cancel()
			}
			<-time.After(20 * time.Millisecond)
		}
	}()
	_ = cmd.Wait()
	return out.String()
}
