package builder

import (
	"context"
	"errors"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// cleanup bounds a delete, retries included; it runs on a context of its own.
const cleanup = 30 * time.Second

// settling is how long a create that got no answer may still be on its way.
const settling = time.Second

// Delete removes the pod, however ctx ended. A pod that is gone, or another one of the same name, is no error.
func (p *Pod) Delete(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), cleanup, errors.New("no answer in time"))
	defer cancel()
	return p.Remove(ctx)
}

// Remove is Delete until ctx ends.
func (p *Pod) Remove(ctx context.Context) error {
	err := p.api.retry(ctx, patience{attempt, cleanup}, p.remove)
	if apierrors.IsNotFound(err) && p.uid == "" {
		select {
		case <-time.After(settling):
		case <-ctx.Done():
		}
		err = p.api.retry(ctx, patience{attempt, cleanup}, p.remove)
	}
	if err == nil || apierrors.IsNotFound(err) || apierrors.IsConflict(err) || apierrors.IsAlreadyExists(err) {
		return nil
	}
	return fmt.Errorf("delete builder pod %s: %w", p, err)
}

// remove sends one delete, for the very pod that was created.
func (p *Pod) remove(ctx context.Context, client kubernetes.Interface) error {
	uid := p.uid
	if uid == "" {
		got, err := p.own(ctx, client)
		if err != nil {
			return err
		}
		uid = got.UID
	}
	return client.CoreV1().Pods(p.namespace).Delete(ctx, p.name, metav1.DeleteOptions{Preconditions: metav1.NewUIDPreconditions(string(uid))})
}
