package e2e_test

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestQuotaIsAPolicy(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	quotas := client.CoreV1().ResourceQuotas(ns)
	if _, err := quotas.Create(t.Context(), &corev1.ResourceQuota{
		ObjectMeta: metav1.ObjectMeta{Name: "none"},
		Spec:       corev1.ResourceQuotaSpec{Hard: corev1.ResourceList{corev1.ResourcePods: resource.MustParse("0")}},
	}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, soon, "the quota counts", func() bool {
		quota, err := quotas.Get(t.Context(), "none", metav1.GetOptions{})
		return err == nil && len(quota.Status.Hard) > 0
	})
	build(ns, "-t", repository(ns), nothingMuch(t)).run(t).within(t, soon).fails(t, codePolicy, "exceeded quota: none")
}

func TestUserWithoutRightsIsToldWhich(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	r := build(ns, "-t", repository(ns), "--as", "nobody", nothingMuch(t)).run(t)
	r.fails(t, codePolicy, `User "nobody" cannot create resource "pods"`, ns).hints(t, "kubectl create role kubectl-img --verb=create --resource=pods")
}

// These are all the rights that a build takes; with one less, it fails.
func TestBuildNeedsOnlyTheseRights(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	grant(t, ns, "somebody",
		rbacv1.PolicyRule{APIGroups: []string{""}, Resources: []string{"pods"}, Verbs: []string{"create", "get", "list", "watch", "delete"}},
		rbacv1.PolicyRule{APIGroups: []string{""}, Resources: []string{"pods/exec"}, Verbs: []string{"create", "get"}},
	)
	r := build(ns, "-t", repository(ns), "--as", "somebody", nothingMuch(t)).run(t).succeeds(t)
	if len(r.lines("warning: ")) > 0 {
		t.Errorf("warnings:\n%s", r.stderr)
	}
}

func TestUserWithoutExecIsToldSo(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	grant(t, ns, "somebody",
		rbacv1.PolicyRule{APIGroups: []string{""}, Resources: []string{"pods"}, Verbs: []string{"create", "get", "list", "watch", "delete"}})
	r := build(ns, "-t", repository(ns), "--as", "somebody", nothingMuch(t)).run(t).within(t, soon)
	r.fails(t, codePolicy, "pods/exec").hints(t, "--resource=pods/exec")
}

func grant(t *testing.T, ns, user string, rules ...rbacv1.PolicyRule) {
	t.Helper()
	name := metav1.ObjectMeta{Name: user}
	if _, err := client.RbacV1().Roles(ns).Create(t.Context(), &rbacv1.Role{ObjectMeta: name, Rules: rules}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.RbacV1().RoleBindings(ns).Create(t.Context(), &rbacv1.RoleBinding{
		ObjectMeta: name,
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: user},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: user}},
	}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
}

func TestMissingNamespaceIsNamed(t *testing.T) {
	t.Parallel()
	r := build("no-such-namespace", "-t", repository("none"), nothingMuch(t)).run(t)
	r.fails(t, codeInternal, `"no-such-namespace" not found`).hints(t, "kubectl create namespace no-such-namespace")
}

func TestNoClusterIsSaidClearly(t *testing.T) {
	t.Parallel()
	dir := nothingMuch(t)
	missing := build("default", "-t", repository("none"), dir)
	missing.env = []string{"KUBECONFIG=/nonexistent"}
	missing.run(t).within(t, soon).fails(t, codeInternal).hints(t, "KUBECONFIG")
	refused := build("default", "-t", repository("none"), "--server", "https://127.0.0.1:1", dir)
	refused.run(t).within(t, soon).fails(t, codeInternal, "127.0.0.1:1 was refused").hints(t, "KUBECONFIG")
}
