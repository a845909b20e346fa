package e2e_test

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestAdmission(t *testing.T) {
	t.Parallel()
	t.Run("quota", admissionQuota)
	t.Run("limit range", admissionLimitRange)
}

func admissionQuota(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	setQuota(t, ns, "none", corev1.ResourcePods, "0")
	build(ns, "-t", repository(ns), smallContext(t)).run(t).within(t, soon).fails(t, codePolicy, "exceeded quota: none").hints(t, "kubectl describe resourcequota")
}

// setQuota limits a resource in a namespace.
func setQuota(t *testing.T, ns, name string, limited corev1.ResourceName, quantity string) {
	t.Helper()
	quotas := client.CoreV1().ResourceQuotas(ns)
	if _, err := quotas.Create(t.Context(), &corev1.ResourceQuota{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec:       corev1.ResourceQuotaSpec{Hard: corev1.ResourceList{limited: resource.MustParse(quantity)}},
	}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, soon, "the quota is in effect", func() bool {
		quota, err := quotas.Get(t.Context(), name, metav1.GetOptions{})
		return err == nil && len(quota.Status.Hard) > 0
	})
}

func admissionLimitRange(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	if _, err := client.CoreV1().LimitRanges(ns).Create(t.Context(), &corev1.LimitRange{
		ObjectMeta: metav1.ObjectMeta{Name: "large"},
		Spec: corev1.LimitRangeSpec{Limits: []corev1.LimitRangeItem{{
			Type: corev1.LimitTypeContainer, Min: corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("1Gi")},
		}}},
	}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	build(ns, "-t", repository(ns), smallContext(t)).run(t).succeeds(t).says(t, "requesting memory=1Gi: a LimitRange of namespace")
	build(ns, "-t", repository(ns), "--request", "memory=512Mi", smallContext(t)).run(t).within(t, soon).
		fails(t, codePolicy, "minimum memory usage per Container is 1Gi").hints(t, "kubectl describe limitrange")
}

func TestUnreachable(t *testing.T) {
	t.Parallel()
	t.Run("namespace does not exist", namespaceMissing)
	t.Run("no cluster", clusterUnreachable)
}

func namespaceMissing(t *testing.T) {
	t.Parallel()
	r := build("no-such-namespace", "-t", repository("none"), smallContext(t)).run(t)
	r.fails(t, codeInternal, `"no-such-namespace" not found`).hints(t, "kubectl create namespace no-such-namespace")
}

func clusterUnreachable(t *testing.T) {
	t.Parallel()
	dir := smallContext(t)
	missing := build("default", "-t", repository("none"), dir)
	missing.env = []string{"KUBECONFIG=/nonexistent"}
	missing.run(t).within(t, soon).fails(t, codeInternal).hints(t, "KUBECONFIG")
	refused := build("default", "-t", repository("none"), "--server", "https://127.0.0.1:1", dir)
	refused.run(t).within(t, soon).fails(t, codeTemporary, "127.0.0.1:1 was refused").hints(t, "KUBECONFIG")
}
