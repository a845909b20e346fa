package build

import (
	"context"
	"fmt"
	"time"

	authorizationv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/internal/explain"
)

// rightsLimit bounds the request that asks what the user may do. It only explains an error that is known already.
const rightsLimit = 5 * time.Second

// deniedError is a right that the user lacks. It replaces the API server's own answer, which arrives only as text.
type deniedError struct{ verb, resource, namespace string }

func (e *deniedError) Error() string {
	return fmt.Sprintf("no right to %s %s in namespace %s", e.verb, e.resource, e.namespace)
}

// Hint is the command that creates a role with the right.
func (e *deniedError) Hint() string {
	return fmt.Sprintf("kubectl create role kubectl-img-exec --verb=create,get --resource=%s --namespace=%s, and bind it with kubectl create rolebinding",
		e.resource, e.namespace)
}

// ExitCode is that of a refusal by policy.
func (e *deniedError) ExitCode() int { return cli.CodePolicy }

// checkExec asks the API server whether the user may exec. An exec over WebSocket needs both verbs.
func (r *run) checkExec(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, rightsLimit, explain.ErrTimedOut)
	defer cancel()
	for _, verb := range []string{"create", "get"} {
		review := &authorizationv1.SelfSubjectAccessReview{Spec: authorizationv1.SelfSubjectAccessReviewSpec{
			ResourceAttributes: &authorizationv1.ResourceAttributes{
				Namespace: r.Pod.Namespace, Verb: verb, Resource: "pods", Subresource: "exec", Name: r.current.Pod.Name,
			},
		}}
		answer, err := r.API.Client().AuthorizationV1().SelfSubjectAccessReviews().Create(ctx, review, metav1.CreateOptions{})
		if err == nil && !answer.Status.Allowed {
			return &deniedError{verb, "pods/exec", r.Pod.Namespace}
		}
	}
	return nil
}
