package nodes_test

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-img/kubectl-img/tests/cluster/clustertest"
	"github.com/kubectl-img/kubectl-img/tests/compat"
)

// buildIndex builds on the machine for both architectures, and runs the image on a node of each.
func buildIndex(t *testing.T) {
	ns := namespace(t, levels()[profile])
	text := "FROM --platform=$BUILDPLATFORM " + shared.Registry + "/busybox:1 AS build\nARG TARGETARCH\nRUN echo for $TARGETARCH by $(uname -m) >/made\n" +
		dockerfile("COPY --from=build /made /made")
	b := start(t, ns, profile, text, append(apparmor, "--platform", "linux/amd64,linux/arm64")...)
	b.succeeds(t)
	image := strings.TrimSpace(b.stdout.String())
	machine := map[string]string{"amd64": "x86_64", "arm64": "aarch64"}
	for _, name := range shared.Nodes {
		node, err := shared.Client.CoreV1().Nodes().Get(t.Context(), name, metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		arch := node.Status.NodeInfo.Architecture
		want := "for " + arch + " by " + machine[record.Architecture] + "\n" + machine[arch] + "\n"
		if got := runOn(t, name, image, "cat /made; uname -m"); got != want {
			t.Errorf("on %s: %q, want %q", name, got, want)
		}
	}
	found("--platform linux/amd64,linux/arm64 for a Dockerfile that cross-compiles", compat.Builds, "one pod, and the index runs on nodes of both")
}

// runOn runs a shell script in an image on a node, and returns what it prints.
func runOn(t *testing.T, node, image, script string) string {
	t.Helper()
	ns := namespace(t, clustertest.Privileged)
	pods := shared.Client.CoreV1().Pods(ns)
	_, err := pods.Create(t.Context(), &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "run"},
		Spec: corev1.PodSpec{
			NodeName: node, RestartPolicy: corev1.RestartPolicyNever, Tolerations: []corev1.Toleration{{Operator: corev1.TolerationOpExists}},
			Containers: []corev1.Container{{Name: "run", Image: image, Command: []string{"/bin/sh", "-c", script}}},
		},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	clustertest.Eventually(t, limit, "the image has run on "+node, func() bool {
		pod, err := pods.Get(t.Context(), "run", metav1.GetOptions{})
		return err == nil && (pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed)
	})
	return kubectl(t, "logs", "-n", ns, "run")
}
