package doctor

import (
	"context"
	"fmt"
	"strings"

	authorizationv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// right is a permission that a build uses.
type right struct {
	resource, verb string
	without        string // what a build lacks without it; empty if no build works
}

func rights() []right {
	return []right{
		{"pods", "create", ""},
		{"pods", "get", ""},
		{"pods", "list", "builder pods that a killed client left are not found"},
		{"pods", "watch", ""},
		{"pods", "delete", ""},
		{"pods/exec", "create", ""},
		{"pods/exec", "get", ""},
		{"pods/log", "get", "the log of a pod that has ended can't be read"},
		{"events", "list", "an error says less about why a pod does not start"},
		{"events", "watch", "a build starts later, and says less about why a pod does not start"},
	}
}

// rights checks each right of the user on its own. It returns whether the user has all that a build needs.
func (e *Exam) rights(ctx context.Context, r *Report, user identity) bool {
	mayBuild := true
	for _, right := range rights() {
		name := "right to " + right.verb + " " + right.resource
		allowed, err := e.allowed(ctx, right)
		switch {
		case err != nil:
			r.Add(name, Unknown, "", "ask the API server: %v", err)
		case allowed:
			r.Add(name, OK, "", "in namespace %s", e.Namespace)
		case right.without != "":
			r.Add(name, Warn, e.grant(right, user), "missing: %s", right.without)
		default:
			r.Add(name, Fail, e.grant(right, user), "missing; no build works without it")
			mayBuild = false
		}
	}
	return mayBuild
}

func (e *Exam) allowed(ctx context.Context, right right) (bool, error) {
	resource, sub, _ := strings.Cut(right.resource, "/")
	review := &authorizationv1.SelfSubjectAccessReview{Spec: authorizationv1.SelfSubjectAccessReviewSpec{
		ResourceAttributes: &authorizationv1.ResourceAttributes{Namespace: e.Namespace, Verb: right.verb, Resource: resource, Subresource: sub},
	}}
	answer, err := e.Client.AuthorizationV1().SelfSubjectAccessReviews().Create(ctx, review, metav1.CreateOptions{})
	if err != nil {
		return false, err
	}
	return answer.Status.Allowed, nil
}

// grant returns the commands that give the user this right only.
func (e *Exam) grant(right right, user identity) string {
	name := "kubectl-img-" + strings.ReplaceAll(right.resource, "/", "-") + "-" + right.verb
	return fmt.Sprintf("kubectl create role %s -n %s --verb=%s --resource=%s && kubectl create rolebinding %s -n %s --role=%s %s",
		name, e.Namespace, right.verb, right.resource, name, e.Namespace, name, user.flag())
}
