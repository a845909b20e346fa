package plugin

import (
	"context"
	"fmt"
	"time"

	authorizationv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// accessLimit bounds the question what the user may do: it explains an error that is known already.
const accessLimit = 5 * time.Second

// deniedError is a right that the user lacks, where the API server's refusal of it came as text only.
type deniedError struct{ verb, resource, namespace string }

func (e *deniedError) Error() string {
	return fmt.Sprintf("no right to %s %s in namespace %s", e.verb, e.resource, e.namespace)
}

// Hint makes a role that has it.
func (e *deniedError) Hint() string {
	return fmt.Sprintf("kubectl create role kubectl-img-exec --verb=create,get --resource=%s --namespace=%s, and bind it with kubectl create rolebinding",
		e.resource, e.namespace)
}

// ExitCode is that of a refusal by policy.
func (e *deniedError) ExitCode() int { return codePolicy }

// mayExec asks the API server why an exec may have failed: over WebSocket it takes both verbs.
func (b *build) mayExec(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, accessLimit, errTimedOut)
	defer cancel()
	for _, verb := range []string{"create", "get"} {
		review := &authorizationv1.SelfSubjectAccessReview{Spec: authorizationv1.SelfSubjectAccessReviewSpec{
			ResourceAttributes: &authorizationv1.ResourceAttributes{
				Namespace: b.Pod.Namespace, Verb: verb, Resource: "pods", Subresource: "exec", Name: b.Pod.Name,
			},
		}}
		answer, err := b.api.Client().AuthorizationV1().SelfSubjectAccessReviews().Create(ctx, review, metav1.CreateOptions{})
		if err == nil && !answer.Status.Allowed {
			return &deniedError{verb, "pods/exec", b.Pod.Namespace}
		}
	}
	return nil
}
