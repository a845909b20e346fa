package nodes_test

import (
	"context"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-img/kubectl-img/tests/cluster/clustertest"
)

// shellPod is a pod of the machine from which tests enter the namespaces of the machine.
const shellPod = "node-shell"

// startShell starts the pod. The end of the test deletes it.
func startShell(t *testing.T) {
	t.Helper()
	pods, privileged := shared.Client.CoreV1().Pods("default"), true
	grace := int64(0)
	_, err := pods.Create(t.Context(), &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: shellPod},
		Spec: corev1.PodSpec{
			NodeName: nodeName(t), HostPID: true, TerminationGracePeriodSeconds: &grace,
			PriorityClassName: "system-node-critical", // an eviction takes others first
			Tolerations:       []corev1.Toleration{{Operator: corev1.TolerationOpExists}},
			Containers: []corev1.Container{{
				Name: "shell", Image: shared.Registry + "/busybox:1", Command: []string{"sleep", "1000000"},
				SecurityContext: &corev1.SecurityContext{Privileged: &privileged},
			}},
		},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := pods.Delete(context.WithoutCancel(t.Context()), shellPod, metav1.DeleteOptions{GracePeriodSeconds: &grace}); err != nil {
			t.Error(err)
		}
	})
	clustertest.Eventually(t, limit, "the shell on the node runs", func() bool {
		pod, err := pods.Get(t.Context(), shellPod, metav1.GetOptions{})
		return err == nil && pod.Status.Phase == corev1.PodRunning
	})
}

// onNode runs a shell script on the machine, and returns what it prints. With a bare name, busybox would run a shell of its own.
func onNode(t *testing.T, script string) string {
	t.Helper()
	out, err := tryOnNode(t, script)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// tryOnNode is onNode for a machine that may be out of reach.
func tryOnNode(t *testing.T, script string) (string, error) {
	t.Helper()
	return output(t, "", shared.Bin+"/kubectl", "exec", shellPod, "--", "nsenter", "-t", "1", "-m", "-u", "-i", "-n", "-p", "--", "/bin/sh", "-ec", script)
}
