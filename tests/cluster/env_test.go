package cluster

import (
	"os/exec"
	"testing"
)

func TestExports(t *testing.T) {
	c := &Cluster{Bin: "/bin dir", Kubeconfig: "it's here", AuthPassword: `$HOME "x"`}
	script := c.Exports() + `printf '%s\n' "$KUBECONFIG" "$KUBECTL_IMG_TESTS_AUTH_PASSWORD" "${PATH%%:*}"`
	output, err := exec.CommandContext(t.Context(), "/bin/sh", "-c", script).Output()
	if err != nil {
		t.Fatal(err)
	}
	if want := "it's here\n$HOME \"x\"\n/bin dir\n"; string(output) != want {
		t.Errorf("got %q, want %q", output, want)
	}
}

func TestInstance(t *testing.T) {
	one, other := newInstance(0), newInstance(1)
	if one.link == other.link || one.cgroup == other.cgroup || one.nodeIP == other.nodeIP || one.podCIDR == other.podCIDR {
		t.Errorf("instances share names or addresses: %+v %+v", one, other)
	}
	if pathsOf(0).state == pathsOf(1).state {
		t.Error("instances share a state directory")
	}
}
