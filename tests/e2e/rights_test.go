package e2e_test

import (
	"slices"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
)

func TestRights(t *testing.T) {
	t.Parallel()
	t.Run("none", rightsNone)
	t.Run("those of the documentation", rightsDocumented)
	t.Run("one is missing", rightsMissing)
}

// allRights are the rights that README.md lists, without those to events and service accounts, which a build does not need.
func allRights() []rbacv1.PolicyRule {
	return []rbacv1.PolicyRule{
		{APIGroups: []string{""}, Resources: []string{"pods"}, Verbs: []string{"create", "get", "list", "watch", "delete"}},
		{APIGroups: []string{""}, Resources: []string{"pods/exec"}, Verbs: []string{"create", "get"}},
	}
}

func rightsNone(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	r := build(ns, "-t", repository(ns), "--as", "nobody", smallContext(t)).run(t)
	r.fails(t, codePolicy, `User "nobody" cannot create resource "pods"`, ns).hints(t, "kubectl create role kubectl-img --verb=create --resource=pods")
}

func rightsDocumented(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	grant(t, ns, "somebody", allRights()...)
	r := build(ns, "-t", repository(ns), "--as", "somebody", smallContext(t)).run(t).succeeds(t).tried(t, "userns")
	if len(r.lines("warning: ")) > 0 {
		t.Errorf("warnings:\n%s", r.stderr)
	}
}

// rightsMissing takes one right away. The build must name it or work without it, and must not use a weaker profile.
func rightsMissing(t *testing.T) {
	t.Parallel()
	for lacking, c := range map[string]struct {
		error, hint string // if the build fails
		warning     string // if it does not fail
	}{
		"create pods":      {error: `cannot create resource "pods"`, hint: "kubectl create role kubectl-img --verb=create --resource=pods"},
		"get pods":         {},
		"list pods":        {},
		"watch pods":       {},
		"delete pods":      {warning: `cannot delete resource "pods"`},
		"create pods/exec": {error: "pods/exec", hint: "--resource=pods/exec"},
		"get pods/exec":    {}, // SPDY does not need it
		"pods/exec":        {error: "pods/exec", hint: "--resource=pods/exec"},
	} {
		t.Run(lacking, func(t *testing.T) {
			t.Parallel()
			ns := namespace(t, privileged)
			grant(t, ns, "somebody", without(lacking)...)
			r := build(ns, "-t", repository(ns), "--as", "somebody", smallContext(t)).run(t)
			if tried := r.profilesTried(); tried.failed != nil || tried.built != "" && tried.built != "userns" {
				t.Errorf("a weaker profile was used:\n%s", r.stderr)
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

// without are all rights except "VERB RESOURCE", or except all rights to a resource.
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
