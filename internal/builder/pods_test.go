package builder

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/utils/ptr"
)

const container = "builder"

func builderPod() *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "img-1", UID: "uid"},
		Spec: corev1.PodSpec{
			HostUsers: ptr.To(false),
			Containers: []corev1.Container{{
				Name:            container,
				SecurityContext: &corev1.SecurityContext{ProcMount: ptr.To(corev1.UnmaskedProcMount)},
			}},
		},
	}
}

// create creates the builder pod in client.
func create(t *testing.T, client *fake.Clientset) *Pod {
	t.Helper()
	pod, err := createAsIs(t.Context(), newAPI(client), builderPod(), container)
	if err != nil {
		t.Fatal(err)
	}
	return pod
}

func setStatus(t *testing.T, client *fake.Clientset, pod *corev1.Pod) {
	t.Helper()
	if _, err := client.CoreV1().Pods("ns").UpdateStatus(t.Context(), pod, metav1.UpdateOptions{}); err != nil {
		t.Error(err)
	}
}

func withStatus(status corev1.ContainerStatus) *corev1.Pod {
	pod := builderPod()
	status.Name = container
	pod.Status.ContainerStatuses = []corev1.ContainerStatus{status}
	return pod
}

func running() *corev1.Pod {
	return withStatus(corev1.ContainerStatus{State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}})
}

func waiting(reason, message string) *corev1.Pod {
	return withStatus(corev1.ContainerStatus{
		Image: "reg/builder:1",
		State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason, Message: message}},
	})
}

func terminated(end corev1.ContainerStateTerminated) *corev1.Pod {
	return withStatus(corev1.ContainerStatus{State: corev1.ContainerState{Terminated: &end}})
}

func unschedulable() *corev1.Pod {
	pod := builderPod()
	pod.Status.Conditions = []corev1.PodCondition{{
		Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: "Unschedulable", Message: "0/1 nodes\nare available",
	}}
	return pod
}

func evicted() *corev1.Pod {
	pod := builderPod()
	pod.Status.Phase, pod.Status.Reason, pod.Status.Message = corev1.PodFailed, "Evicted", "The node was low on ephemeral-storage"
	return pod
}

// deletedEarly is the status that the kubelet sets when a pod is deleted before its container started.
func deletedEarly() *corev1.Pod {
	pod := terminated(corev1.ContainerStateTerminated{Reason: "ContainerStatusUnknown", ExitCode: 137})
	pod.DeletionTimestamp = ptr.To(metav1.Now())
	return pod
}
