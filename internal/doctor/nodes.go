package doctor

import (
	"context"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/version"
)

// nodes checks every node that can run a builder. It warns of what only profile userns needs.
func (e *Exam) nodes(ctx context.Context, r *Report) {
	selector := labels.SelectorFromSet(e.first().Spec.NodeSelector).String()
	list, err := e.Client.CoreV1().Nodes().List(ctx, metav1.ListOptions{LabelSelector: selector})
	if err != nil {
		r.Add("nodes", Unknown, "kubectl get nodes -o wide, as an administrator", "no right to list nodes: their kernels, runtimes and seccomp default are unknown")
		return
	}
	var schedulable []corev1.Node
	for _, node := range list.Items {
		if !node.Spec.Unschedulable {
			schedulable = append(schedulable, node)
		}
	}
	if len(schedulable) == 0 {
		r.Add("nodes", Fail, "kubectl get nodes --show-labels", "no schedulable node has the labels %s", selector)
		return
	}
	for _, requirement := range requirements() {
		requirement.check(r, schedulable)
	}
	e.seccompDefault(ctx, r, schedulable)
}

// requirement is something that profile userns needs from a node.
type requirement struct {
	name, mend string
	met        func(corev1.Node) (detail string, ok bool)
}

func requirements() []requirement {
	return []requirement{
		{"node kernel", "Linux 6.3 on the nodes, or --profile localhost", func(n corev1.Node) (string, bool) {
			kernel := n.Status.NodeInfo.KernelVersion
			return "Linux " + kernel, atLeast(kernel, "6.3")
		}},
		{"container runtime", "containerd 2.0 or CRI-O 1.25 on the nodes, or --profile localhost", func(n corev1.Node) (string, bool) {
			name, v, _ := strings.Cut(n.Status.NodeInfo.ContainerRuntimeVersion, "://")
			minimum := map[string]string{"containerd": "2.0", "cri-o": "1.25"}[name]
			return name + " " + v, minimum != "" && atLeast(v, minimum)
		}},
		{"user namespaces", "runc 1.2 or crun 1.9 on the nodes, or --profile localhost", userNamespaces},
	}
}

// userNamespaces reads what the kubelet reports of the runtime. Kubelets before 1.31 report nothing.
func userNamespaces(n corev1.Node) (string, bool) {
	if len(n.Status.RuntimeHandlers) == 0 {
		return "not reported by the kubelet", false
	}
	for _, h := range n.Status.RuntimeHandlers {
		if h.Name == "" && h.Features != nil && h.Features.UserNamespaces != nil && *h.Features.UserNamespaces {
			return "supported by the runtime", true
		}
	}
	return "not supported by the runtime", false
}

// check adds one line, about the nodes that do not meet the requirement or about all nodes.
func (q requirement) check(r *Report, nodes []corev1.Node) {
	var lacking []string
	detail := ""
	for _, node := range nodes {
		found, ok := q.met(node)
		if !ok {
			lacking = append(lacking, fmt.Sprintf("%s: %s", node.Name, found))
		}
		detail = found
	}
	switch n := len(lacking); {
	case n > 3:
		r.Add(q.name, Warn, q.mend, "too old for profile userns on %d of %d nodes, %s and others", n, len(nodes), strings.Join(lacking[:3], ", "))
	case n > 0:
		r.Add(q.name, Warn, q.mend, "too old for profile userns on %d of %d nodes: %s", n, len(nodes), strings.Join(lacking, ", "))
	case len(nodes) == 1:
		r.Add(q.name, OK, "", "%s: %s", nodes[0].Name, detail)
	default:
		r.Add(q.name, OK, "", "%d nodes, %s: %s", len(nodes), nodes[len(nodes)-1].Name, detail)
	}
}

// atLeast reports whether a version is minimum or newer. A version that can't be parsed is not.
func atLeast(text, minimum string) bool {
	v, err := version.ParseGeneric(text)
	return err == nil && v.AtLeast(version.MustParseGeneric(minimum))
}
