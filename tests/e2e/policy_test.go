package e2e_test

import (
	"slices"
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
	build(ns, "-t", repository(ns), nothingMuch(t)).run(t).within(t, soon).fails(t, codePolicy, "exceeded quota: none").hints(t, "kubectl describe resourcequota")
}

func TestLimitRangeIsAPolicy(t *testing.T) {
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
	build(ns, "-t", repository(ns), nothingMuch(t)).run(t).within(t, soon).
		fails(t, codePolicy, "minimum memory usage per Container is 1Gi").hints(t, "kubectl describe limitrange")
}

func TestUserWithoutRightsIsToldWhich(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	r := build(ns, "-t", repository(ns), "--as", "nobody", nothingMuch(t)).run(t)
	r.fails(t, codePolicy, `User "nobody" cannot create resource "pods"`, ns).hints(t, "kubectl create role kubectl-img --verb=create --resource=pods")
}

// allRights is what the README asks for; a build works without those to events and service accounts.
func allRights() []rbacv1.PolicyRule {
	return []rbacv1.PolicyRule{
		{APIGroups: []string{""}, Resources: []string{"pods"}, Verbs: []string{"create", "get", "list", "watch", "delete"}},
		{APIGroups: []string{""}, Resources: []string{"pods/exec"}, Verbs: []string{"create", "get"}},
	}
}

func TestBuildNeedsOnlyTheseRights(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	grant(t, ns, "somebody", allRights()...)
	r := build(ns, "-t", repository(ns), "--as", "somebody", nothingMuch(t)).run(t).succeeds(t).tried(t, "userns")
	if len(r.lines("warning: ")) > 0 {
		t.Errorf("warnings:\n%s", r.stderr)
	}
}

// With one right less a build says which, or does without it; never does it end up with less isolation.
func TestUserWithoutARightIsToldSo(t *testing.T) {
	t.Parallel()
	for lacking, c := range map[string]struct {
		error, hint string // of a build that fails
		warning     string // of one that does not
	}{
		"create pods":      {error: `cannot create resource "pods"`, hint: "kubectl create role kubectl-img --verb=create --resource=pods"},
		"get pods":         {},
		"list pods":        {},
		"watch pods":       {},
		"delete pods":      {warning: `cannot delete resource "pods"`},
		"create pods/exec": {error: "pods/exec", hint: "--resource=pods/exec"},
		"get pods/exec":    {}, // SPDY does without it
		"pods/exec":        {error: "pods/exec", hint: "--resource=pods/exec"},
	} {
		t.Run(lacking, func(t *testing.T) {
			t.Parallel()
			ns := namespace(t, privileged)
			grant(t, ns, "somebody", without(lacking)...)
			r := build(ns, "-t", repository(ns), "--as", "somebody", nothingMuch(t)).run(t)
			if pod := r.descent().pod; r.descent().left != nil || pod != "" && pod != "userns" {
				t.Errorf("less isolated:\n%s", r.stderr)
			}
			if c.error != "" {
				r.within(t, soon).fails(t, codePolicy, c.error).hints(t, c.hint)
				return
			}
			r.succeeds(t)
			if c.warning != "" {
				r.says(t, c.warning, "delete it with: kubectl delete pod -n "+ns)
				deletePod(t, onlyPod(t, ns))
			}
		})
	}
}

// without leaves out "VERB RESOURCE", or a whole resource.
func without(lacking string) []rbacv1.PolicyRule {
	var rules []rbacv1.PolicyRule
	for _, rule := range allRights() {
		resource := rule.Resources[0]
		rule.Verbs = slices.DeleteFunc(rule.Verbs, func(verb string) bool { return lacking == verb+" "+resource || lacking == resource })
		if len(rule.Verbs) > 0 {
			rules = append(rules, rule)
		}
	}
	return rules
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
