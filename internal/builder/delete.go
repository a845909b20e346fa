package builder

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

const (
	// deleteLimit bounds a delete with its retries.
	deleteLimit = 30 * time.Second
	// settleTime is how long a create without an answer may still be on its way.
	settleTime = time.Second
)

// Delete deletes the pod even if ctx has ended. It is no error if the pod is gone or another pod has its name.
func (p *Pod) Delete(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), deleteLimit, errors.New("no answer in time"))
	defer cancel()
	return p.DeleteUntil(ctx)
}

// DeleteUntil is Delete, but gives up when ctx ends.
func (p *Pod) DeleteUntil(ctx context.Context) error {
	err := p.api.retry(ctx, retryLimits{requestLimit, deleteLimit}, p.sendDelete)
	if apierrors.IsNotFound(err) && p.uid == "" {
		select {
		case <-time.After(settleTime):
		case <-ctx.Done():
		}
		err = p.api.retry(ctx, retryLimits{requestLimit, deleteLimit}, p.sendDelete)
	}
	if err == nil || apierrors.IsNotFound(err) || apierrors.IsConflict(err) || apierrors.IsAlreadyExists(err) {
		return nil
	}
	return fmt.Errorf("delete builder pod %s: %w", p, err)
}

// sendDelete names the pod's UID, so that another pod of the same name stays.
func (p *Pod) sendDelete(ctx context.Context, client kubernetes.Interface) error {
	uid := p.uid
	if uid == "" {
		got, err := p.getOwn(ctx, client)
		if err != nil {
			return err
		}
		uid = got.UID
	}
	return client.CoreV1().Pods(p.namespace).Delete(ctx, p.name, metav1.DeleteOptions{Preconditions: metav1.NewUIDPreconditions(string(uid))})
}

// DeleteCommand returns the kubectl command that deletes the pod.
func (p *Pod) DeleteCommand() string { return deleteCommand(p.namespace, p.name) }

// DeleteCommand returns the kubectl command that deletes a pod that is about to be created.
func DeleteCommand(pod *corev1.Pod) string { return deleteCommand(pod.Namespace, pod.Name) }

func deleteCommand(namespace, name string) string {
	return "kubectl delete pod -n " + namespace + " " + name
}
