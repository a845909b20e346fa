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

// nodes looks at every node that a builder may run on. What only profile userns needs is no failure.
func (e *Exam) nodes(ctx context.Context, r *Report) {
	selector := labels.SelectorFromSet(e.Candidates[0].Pod.Spec.NodeSelector).String()
	list, err := e.Client.CoreV1().Nodes().List(ctx, metav1.ListOptions{LabelSelector: selector})
	if err != nil {
		r.Add("nodes", Unknown, "kubectl get nodes -o wide, as an administrator", "no right to list nodes: their kernels, runtimes and seccomp default are not known")
		return
	}
	var ready []corev1.Node
	for _, node := range list.Items {
		if !node.Spec.Unschedulable {
			ready = append(ready, node)
		}
	}
	if len(ready) == 0 {
		r.Add("nodes", Fail, "kubectl get nodes --show-labels", "no schedulable node has the labels %s", selector)
		return
	}
	for _, trait := range traits() {
		e.trait(r, ready, trait)
	}
	e.seccompDefault(ctx, r, ready)
}

// trait is something that profile userns needs of a node.
type trait struct {
	name, mend string
	has        func(corev1.Node) (detail string, ok bool)
}

func traits() []trait {
	return []trait{
		{"node kernel", "Linux 6.3 on the nodes, or --profile localhost", func(n corev1.Node) (string, bool) {
			kernel := n.Status.NodeInfo.KernelVersion
			return "Linux " + kernel, atLeast(kernel, "6.3")
		}},
		{"container runtime", "containerd 2.0 or CRI-O 1.25 on the nodes, or --profile localhost", func(n corev1.Node) (string, bool) {
			name, v, _ := strings.Cut(n.Status.NodeInfo.ContainerRuntimeVersion, "://")
			least := map[string]string{"containerd": "2.0", "cri-o": "1.25"}[name]
			return name + " " + v, least != "" && atLeast(v, least)
		}},
		{"user namespaces", "runc 1.2 or crun 1.9 on the nodes, or --profile localhost", userNamespaces},
	}
}

// userNamespaces is what the runtime tells the kubelet; before Kubernetes 1.31 it tells nothing.
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

// trait has one line: about the nodes that lack it, or about all.
func (e *Exam) trait(r *Report, nodes []corev1.Node, t trait) {
	var lacking []string
	detail := ""
	for _, node := range nodes {
		said, ok := t.has(node)
		if !ok {
			lacking = append(lacking, fmt.Sprintf("%s: %s", node.Name, said))
		}
		detail = said
	}
	switch n := len(lacking); {
	case n > 3:
		r.Add(t.name, Warn, t.mend, "too old for profile userns on %d of %d nodes, %s and others", n, len(nodes), strings.Join(lacking[:3], ", "))
	case n > 0:
		r.Add(t.name, Warn, t.mend, "too old for profile userns on %d of %d nodes: %s", n, len(nodes), strings.Join(lacking, ", "))
	case len(nodes) == 1:
		r.Add(t.name, OK, "", "%s: %s", nodes[0].Name, detail)
	default:
		r.Add(t.name, OK, "", "%d nodes, %s: %s", len(nodes), nodes[len(nodes)-1].Name, detail)
	}
}

func atLeast(have, least string) bool {
	v, err := version.ParseGeneric(have)
	return err == nil && v.AtLeast(version.MustParseGeneric(least))
}
