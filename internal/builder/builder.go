// Package builder owns the builder pod: it creates it, says why it does not start, notices its end, and deletes it.
package builder

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
)

// cleanup bounds a delete, retries included; it runs on a context of its own.
const cleanup = 30 * time.Second

// Pod is a builder pod whose create has been sent.
type Pod struct {
	client          kubernetes.Interface
	namespace, name string
	container       string
	want            *corev1.Pod
	uid             types.UID // empty while it is not known whether the create succeeded
}

// Create sends the create; container is the one that builds. The Pod is to be deleted even when an error comes back: the API server may have stored it.
func Create(ctx context.Context, client kubernetes.Interface, want *corev1.Pod, container string) (*Pod, error) {
	p := &Pod{client: client, namespace: want.Namespace, name: want.Name, container: container, want: want}
	got, err := client.CoreV1().Pods(want.Namespace).Create(ctx, want, metav1.CreateOptions{})
	if refused(err) || neverSent(err) {
		return nil, fmt.Errorf("create builder pod %s: %w", p, err) // nobody's, or somebody else's of that name
	}
	if err != nil {
		return p, fmt.Errorf("create builder pod %s: %w", p, err)
	}
	p.uid = got.UID
	return p, p.weakened(want, got)
}

// refused says that the API server answered and stored nothing.
func refused(err error) bool {
	var status apierrors.APIStatus
	if !errors.As(err, &status) {
		return false
	}
	code := status.Status().Code
	return code >= 400 && code < 500
}

// neverSent says that no connection came about, so that the API server can't have stored anything.
func neverSent(err error) bool {
	var dial *net.OpError
	return errors.As(err, &dial) && dial.Op == "dial"
}

func (p *Pod) String() string { return p.namespace + "/" + p.name }

// DeleteCommand is what a user can run in our place.
func (p *Pod) DeleteCommand() string { return "kubectl delete pod -n " + p.namespace + " " + p.name }

// Delete removes the pod, however ctx ended. A pod that is gone, or another one of the same name, is no error.
func (p *Pod) Delete(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), cleanup, errors.New("no answer in time"))
	defer cancel()
	var options metav1.DeleteOptions
	if p.uid != "" {
		options.Preconditions = metav1.NewUIDPreconditions(string(p.uid))
	}
	for pause := 100 * time.Millisecond; ; pause *= 2 {
		err := p.client.CoreV1().Pods(p.namespace).Delete(ctx, p.name, options)
		if err == nil || apierrors.IsNotFound(err) || apierrors.IsConflict(err) {
			return nil
		}
		if apierrors.IsForbidden(err) || apierrors.IsUnauthorized(err) {
			return fmt.Errorf("delete builder pod %s: %w", p, err)
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return fmt.Errorf("delete builder pod %s: %w", p, err)
		}
	}
}
