package e2e_test

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestOwner(t *testing.T) {
	t.Parallel()
	t.Run("builder is deleted with the agent pod", ownerDeleted)
}

// ownerDeleted deletes the agent pod of a pipeline, in which the plugin runs. The plugin gets no signal, so the agent pod must own the builder pod.
func ownerDeleted(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	account := "system:serviceaccount:" + ns + ":default"
	grant(t, ns, account,
		rbacv1.PolicyRule{APIGroups: []string{""}, Resources: []string{"pods"}, Verbs: []string{"create", "get", "list", "watch", "delete"}},
		rbacv1.PolicyRule{APIGroups: []string{""}, Resources: []string{"pods/exec"}, Verbs: []string{"create", "get"}})
	dir := endless(t)
	agent := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "agent"},
		Spec: corev1.PodSpec{
			RestartPolicy: corev1.RestartPolicyNever,
			Volumes: []corev1.Volume{
				{Name: "bin", VolumeSource: corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: bin}}},
				{Name: "context", VolumeSource: corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: dir}}},
			},
			Containers: []corev1.Container{{
				Name: "agent", Image: shared.Registry + "/debian:12",
				Command:      []string{"/plugin/kubectl-img", "build", "-t", repository(ns), "/context"},
				Env:          []corev1.EnvVar{{Name: "KUBECTL_IMG_IMAGE", Value: shared.BuilderImage}},
				VolumeMounts: []corev1.VolumeMount{{Name: "bin", MountPath: "/plugin"}, {Name: "context", MountPath: "/context"}},
			}},
		},
	}
	agent, err := client.CoreV1().Pods(ns).Create(t.Context(), agent, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, limit, "the builder pod runs", func() bool {
		return len(podNames(t, ns)) == 1 && onlyPod(t, ns).Status.Phase == corev1.PodRunning
	})
	builder := onlyPod(t, ns)
	if owners := builder.OwnerReferences; len(owners) != 1 || owners[0].UID != agent.UID {
		t.Fatalf("owners: %+v", owners)
	}
	now := metav1.NewDeleteOptions(0)
	if err := client.CoreV1().Pods(ns).Delete(t.Context(), agent.Name, *now); err != nil {
		t.Fatal(err)
	}
	eventually(t, 40*time.Second, "the builder pod is deleted with its owner", func() bool { return len(podNames(t, ns)) == 0 })
}
