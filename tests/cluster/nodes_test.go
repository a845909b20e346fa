package cluster

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A machine has systemd as cgroup driver and the taint, and the first node has neither.
func TestNodeConfigs(t *testing.T) {
	t.Setenv(envState, t.TempDir())
	p, err := newPaths(Options{Instance: 3, Nodes: []string{"modern"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.writeConfigs("/bin", Options{}); err != nil {
		t.Fatal(err)
	}
	m := p.machines[0]
	if err := p.writeMachineConfigs(m); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]map[string]bool{
		p.in("kubelet.yaml"):                          {"cgroupDriver: cgroupfs": true, "registerWithTaints": false, "address: " + p.nodeIP + "\n": true},
		p.in("containerd.toml"):                       {"SystemdCgroup = false": true, "restrict_oom_score_adj": true},
		filepath.Join(m.Tree(), "kubelet.yaml"):       {"cgroupDriver: systemd": true, "registerWithTaints": true, "address: " + m.Address() + "\n": true, "cgroupRoot": false},
		filepath.Join(m.Tree(), "containerd.toml"):    {"SystemdCgroup = true": true, "restrict_oom_score_adj": false},
		filepath.Join(m.Tree(), "kubelet.kubeconfig"): {"server: \"https://" + p.nodeIP + "\"": true, p.state: false},
	} {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for part, there := range want {
			if strings.Contains(string(text), part) != there {
				t.Errorf("%s: %q is there: %t, want %t\n%s", path, part, !there, there, text)
			}
		}
	}
}

func TestNodesFromEnvironment(t *testing.T) {
	t.Setenv(envNodes, "modern,old")
	for instance, want := range map[int]int{0: 2, 3: 0} {
		p, err := newPaths(Options{Instance: instance})
		if err != nil {
			t.Fatal(err)
		}
		if len(p.machines) != want {
			t.Errorf("instance %d: %d machines, want %d", instance, len(p.machines), want)
		}
	}
}
