package nodes_test

import (
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-img/kubectl-img/tests/cluster/clustertest"
	"github.com/kubectl-img/kubectl-img/tests/compat"
)

const (
	codeInternal  = 1
	codeTemporary = 75
	codePolicy    = 5
)

// outcome is how the builds of a profile end: with a pushed image, or with an exit code and a text in the error line.
type outcome struct {
	profile string
	code    int
	text    string
}

const (
	noSeccomp = `cannot load seccomp profile "/var/lib/kubelet/seccomp/kubectl-img.json"`
	denied    = "the AppArmor profile cri-containerd.apparmor.d (enforce) denies mounts in a user namespace"
)

// untouched are the outcomes on a node that has none of our profiles, and AppArmor.
func untouched() []outcome {
	return []outcome{
		{"userns", codeInternal, noSeccomp},
		{"localhost", codeInternal, noSeccomp},
		{"restricted", codePolicy, noSeccomp},
		{"unset", codeInternal, denied},
		{profile: "stock"},
		{profile: "unconfined"},
	}
}

// seccompOnly are those of pods that name no AppArmor profile, where the node has our seccomp profile.
func seccompOnly() []outcome {
	return []outcome{{"localhost", codeInternal, denied}}
}

// confined are those with both profiles on the node. A kernel before 6.3 can't map the ids of a volume in
// memory, which a pod with a user namespace needs.
func confined(t *testing.T) []outcome {
	t.Helper()
	userns := outcome{profile: "userns"}
	if nodeName(t) == "old" {
		userns = outcome{"userns", codeInternal, "MOUNT_ATTR_IDMAP"}
	}
	return []outcome{userns, {profile: "localhost"}, {profile: "restricted"}}
}

// TestNode is one test, because each part needs what the one before has left on the node. With -short it only builds with both profiles.
func TestNode(t *testing.T) {
	startShell(t)
	describe(t)
	part := func(name string, run func(*testing.T)) {
		if !t.Failed() {
			t.Run(name, run)
		}
	}
	long := func(name string, run func(*testing.T)) {
		if !testing.Short() {
			part(name, run)
		}
	}
	part("has what the tests are about", checkNode)
	long("without the profiles", func(t *testing.T) { expect(t, "untouched node", untouched()) })
	long("profile stock without the profiles", stockBuilds)
	long("profile auto without the profiles", autoUntouched)
	part("the installer installs", install)
	long("with the seccomp profile only", func(t *testing.T) { expect(t, "no AppArmor profile named", seccompOnly()) })
	part("with both profiles", func(t *testing.T) { expect(t, "both profiles", confined(t), apparmor...) })
	long("profile auto", autoImproves)
	if record.Architecture != runtime.GOARCH {
		part("several platforms", buildIndex)
	}
	part("no cgroup namespace", cgroupNamespace)
	long("memory limit", outOfMemory)
	long("the kubelet restarts", kubeletRestarts)
	long("the node is lost and comes back", nodeComesBack)
	long("the network plugin fails", noNetwork)
	long("eviction", evicted)
	part("the installer removes", uninstall)
	writeRecord(t)
}

// checkNode fails if the machine does not have AppArmor and cgroup v2, so that the other tests prove less than they say.
func checkNode(t *testing.T) {
	if !strings.HasPrefix(record.Cgroup, "v2, systemd") || record.SecurityModule != "AppArmor" {
		t.Errorf("cgroup %s, security module %s", record.Cgroup, record.SecurityModule)
	}
	if found := onNode(t, "cat /sys/kernel/security/apparmor/profiles; ls /var/lib/kubelet/seccomp 2>/dev/null || :"); strings.Contains(found, "kubectl-img") {
		t.Errorf("the node has our profiles from the beginning:\n%s", found)
	}
}

// expect builds with profiles, and checks how that ends.
func expect(t *testing.T, what string, outcomes []outcome, args ...string) {
	t.Helper()
	for _, want := range outcomes {
		t.Run(want.profile, func(t *testing.T) {
			ns := namespace(t, levels()[want.profile])
			b := start(t, ns, want.profile, dockerfile("RUN echo confined by $(cat /proc/self/attr/current) && touch /owned && chown 33:34 /owned"), args...)
			subject := "profile " + want.profile + ", " + what
			if want.code != 0 {
				found(subject, compat.Refused, b.fails(t, want.code, want.text))
				return
			}
			log := b.succeeds(t)
			if len(args) > 0 && !strings.Contains(log, "confined by kubectl-img (enforce)") {
				t.Errorf("the step does not run under the AppArmor profile:\n%s", log)
			}
			found(subject, compat.Builds, "")
		})
	}
}

// install applies what setup prints.
func install(t *testing.T) {
	manifests := pipe(t, "", shared.Plugin, "setup", "--profiles", "--apparmor", "--image", shared.BuilderImage)
	// Each probe starts a process on the node. An emulated processor has hardly time for anything else if they follow each other fast.
	manifests = strings.ReplaceAll(manifests, "periodSeconds: 5\n", "periodSeconds: 60\n")
	pipe(t, manifests, shared.Bin+"/kubectl", "apply", "-f", "-")
	kubectl(t, "-n", "kubectl-img", "rollout", "status", "--timeout="+limit.String(), "daemonset/seccomp", "daemonset/apparmor")
	pod := strings.TrimSpace(kubectl(t, "-n", "kubectl-img", "get", "pods", "-o", "name", "-l", "app.kubernetes.io/component=apparmor-installer",
		"--field-selector", "spec.nodeName="+nodeName(t)))
	if log := kubectl(t, "-n", "kubectl-img", "logs", pod); log != "loaded kubectl-img\n" {
		t.Errorf("the AppArmor installer says %q", log)
	}
	if got := onNode(t, "grep ^kubectl-img /sys/kernel/security/apparmor/profiles; ls /var/lib/kubelet/seccomp"); got != "kubectl-img (enforce)\nkubectl-img.json\n" {
		t.Errorf("on the node: %q", got)
	}
	found("setup --profiles --apparmor", compat.Builds, "both installers run, and the node has both profiles")
}

// uninstall deletes the installers, which takes the seccomp profile from the node. The AppArmor profile stays until the node starts again.
func uninstall(t *testing.T) {
	kubectl(t, "delete", "namespace", "kubectl-img", "--timeout="+limit.String())
	clustertest.Eventually(t, time.Minute, "the seccomp profile is gone", func() bool {
		return onNode(t, "ls -A /var/lib/kubelet/seccomp") == ""
	})
	if got := onNode(t, "grep ^kubectl-img /sys/kernel/security/apparmor/profiles"); got != "kubectl-img (enforce)\n" {
		t.Errorf("the AppArmor profile: %q", got)
	}
	expect(t, "after the installer was removed", []outcome{{"localhost", codeInternal, noSeccomp}}, apparmor...)
}
