package nodes_test

import (
	"net"
	"regexp"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-img/kubectl-img/tests/cluster/clustertest"
	"github.com/kubectl-img/kubectl-img/tests/compat"
)

// profile is one that works with both profiles on every node.
const profile = "localhost"

// slowly is a step that runs for a time in seconds after it has said begun-42.
func slowly(seconds string) string {
	return dockerfile("RUN echo begun-$((40+2)) && sleep " + seconds + " && echo slept-$((40+2))")
}

// builder is the only builder pod of a namespace.
func builder(t *testing.T, ns string) *corev1.Pod {
	t.Helper()
	pods, err := clustertest.Builders(t.Context(), shared.Client, ns)
	if err != nil || len(pods) != 1 {
		t.Fatalf("%d builder pods, want one (%v)", len(pods), err)
	}
	return &pods[0]
}

// cgroupNamespace shows that a step has the pod's cgroup namespace. BuildKit asks for another one where the pod sees cgroup v2, and the seccomp
// profile denies it, as a process beside the step sees.
func cgroupNamespace(t *testing.T) {
	ns := namespace(t, levels()[profile])
	b := start(t, ns, profile, dockerfile("RUN readlink /proc/self/ns/cgroup && echo begun-$((40+2)) && sleep 20"), apparmor...)
	b.begun(t)
	exec := func(script string) string {
		return kubectl(t, "exec", "-n", ns, builder(t, ns).Name, "--", "sh", "-c", script)
	}
	own := strings.TrimSpace(exec("readlink /proc/self/ns/cgroup"))
	if !strings.HasPrefix(own, "cgroup:[") || !strings.Contains(b.stderr.String(), own) {
		t.Errorf("the pod's cgroup namespace is %s, the step has another:\n%s", own, b.stderr.String())
	}
	const beside = "ls /sys/fs/cgroup/cgroup.subtree_control; unshare -U -r true && echo user; unshare -U -r -C true 2>&1 || echo denied"
	if got := exec(beside); !strings.HasPrefix(got, "/sys/fs/cgroup/cgroup.subtree_control\nuser\n") || !strings.HasSuffix(got, "denied\n") {
		t.Errorf("beside the step: %q", got)
	}
	b.succeeds(t)
	found("RUN on cgroup v2", compat.Builds, "a step has the pod's cgroup namespace; the seccomp profile denies another one")
}

func outOfMemory(t *testing.T) {
	b := start(t, namespace(t, levels()[profile]), profile, dockerfile("RUN tail /dev/zero"), append(apparmor, "--limit", "memory=256Mi")...)
	found("a build over its memory limit", compat.Fails, b.fails(t, codeInternal, "OOMKilled"))
}

func kubeletRestarts(t *testing.T) {
	b := start(t, namespace(t, levels()[profile]), profile, slowly("90"), apparmor...)
	b.begun(t)
	before := onNode(t, "systemctl show -p MainPID kubelet")
	onNode(t, "systemd-run --no-block sh -c 'sleep 5; systemctl restart kubelet'") // this command reaches the node through the kubelet
	clustertest.Eventually(t, 3*time.Minute, "the kubelet is back", func() bool {
		after, err := tryOnNode(t, "systemctl show -p MainPID kubelet")
		return err == nil && after != before
	})
	select {
	case <-b.ended:
		t.Error("the build ended before the kubelet was back")
	default:
	}
	if log := b.succeeds(t); !strings.Contains(log, "slept-42") {
		t.Errorf("the log has a gap:\n%s", log)
	}
	found("the kubelet restarts during a build", compat.Builds, "")
}

// nodeComesBack cuts the node's link for less than the time after which the control plane notices it. The step sees both ends of that time.
func nodeComesBack(t *testing.T) {
	host, port, err := net.SplitHostPort(shared.Registry)
	if err != nil {
		t.Fatal(err)
	}
	reach := "timeout 10 nc -w 10 " + host + " " + port + " </dev/null"
	b := start(t, namespace(t, levels()[profile]), profile, dockerfile("RUN "+reach+" && echo begun-$((40+2)) && while "+reach+"; do sleep 1; done; echo cut-$((40+2)); "+
		"until "+reach+"; do sleep 1; done; echo back-$((40+2))"), apparmor...)
	b.begun(t)
	// This command ends first, and nobody reaches the node to set the link up again.
	onNode(t, "systemd-run --no-block sh -c 'sleep 5; ip link set eth0 down; sleep 25; ip link set eth0 up; ip route add default via "+gateway(t)+"'")
	if log := b.succeeds(t); !strings.Contains(log, "cut-42") || !strings.Contains(log, "back-42") {
		t.Errorf("the log has a gap:\n%s", log)
	}
	found("the node is cut off for 25 s during a build", compat.Builds, "")
}

func gateway(t *testing.T) string {
	t.Helper()
	return strings.TrimSpace(onNode(t, "ip route show default | cut -d' ' -f3"))
}

// noNetwork takes a program of the network plugin away, which the kubelet waits for without end.
func noNetwork(t *testing.T) {
	defer onNode(t, "[ -e /usr/lib/cni/bridge ] || mv /usr/lib/cni/taken /usr/lib/cni/bridge")
	onNode(t, "mv /usr/lib/cni/bridge /usr/lib/cni/taken")
	b := start(t, namespace(t, levels()[profile]), profile, slowly("5"), apparmor...)
	line := b.fails(t, codeInternal, "start builder pod: FailedCreatePodSandBox for 2m")
	if hint := "hint: choose other nodes with --node-selector; kubectl describe node " + nodeName(t); !strings.Contains(b.stderr.String(), hint) {
		t.Errorf("no %q:\n%s", hint, b.stderr.String())
	}
	found("the network plugin fails", compat.Fails, regexp.MustCompile(`[0-9a-f]{64}|img-\w+_nodes-\w+\(\S+\)`).ReplaceAllString(line, "…"))
}

// evicted fills the node's disk, so that the kubelet evicts pods. The installers stay, and so does the seccomp profile.
func evicted(t *testing.T) {
	installed := func() string {
		return kubectl(t, "-n", "kubectl-img", "get", "pods", "-o", "jsonpath={range .items[*]}{.metadata.name} {.status.phase}\n{end}") + onNode(t, "ls /var/lib/kubelet/seccomp")
	}
	before := installed()
	b := start(t, namespace(t, clustertest.Privileged), "unconfined", dockerfile("RUN dd if=/dev/zero of=/large bs=1M count=200 && echo begun-$((40+2)) && sleep 600"))
	b.begun(t)
	onNode(t, "fallocate -l $(df --output=avail -B1 /node | tail -n 1) /node/filler")
	defer func() {
		onNode(t, "rm -f /node/filler")
		clustertest.Eventually(t, 3*time.Minute, "the node's disk has room again", func() bool {
			for _, c := range node(t).Status.Conditions {
				if c.Type == corev1.NodeDiskPressure {
					return c.Status == corev1.ConditionFalse
				}
			}
			return false
		})
	}()
	found("the node's disk is full during a build", compat.Fails, b.fails(t, codeTemporary, "evicted from its node"))
	<-time.After(30 * time.Second) // the kubelet evicts one pod at a time
	if after := installed(); after != before {
		t.Errorf("the installers before and after:\n%s\n%s", before, after)
	}
}
