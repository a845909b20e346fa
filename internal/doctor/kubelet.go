package doctor

import (
	"context"
	"encoding/json"

	corev1 "k8s.io/api/core/v1"
)

// maxKubelets bounds how many kubelets seccompDefault asks.
const maxKubelets = 5

// seccompDefault asks the kubelets whether a pod without a seccomp profile gets the runtime's default profile, which forbids builds.
func (e *Exam) seccompDefault(ctx context.Context, r *Report, nodes []corev1.Node) {
	const name = "kubelet's seccompDefault"
	for _, node := range nodes[:min(maxKubelets, len(nodes))] {
		on, err := e.kubeletDefaults(ctx, node.Name)
		if err != nil {
			r.Add(name, Unknown, "", "no right to get nodes/proxy; only profile unset depends on it")
			return
		}
		if on {
			r.Add(name, Warn, "--profile localhost", "on at node %s: profile unset can't build there", node.Name)
			return
		}
	}
	r.Add(name, OK, "", "off")
}

func (e *Exam) kubeletDefaults(ctx context.Context, node string) (bool, error) {
	data, err := e.Kubelet(ctx, node, "configz")
	if err != nil {
		return false, err
	}
	var config struct {
		Kubelet struct {
			SeccompDefault bool `json:"seccompDefault"`
		} `json:"kubeletconfig"`
	}
	err = json.Unmarshal(data, &config)
	return config.Kubelet.SeccompDefault, err
}
