// Package builder owns the builder pod: it creates the pod, explains why it does not start, waits for its end, and deletes it.
package builder

import (
	"context"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/uuid"
	"k8s.io/client-go/kubernetes"

	"github.com/kubectl-img/kubectl-img/internal/podlimits"
	"github.com/kubectl-img/kubectl-img/internal/podsecurity"
	"github.com/kubectl-img/kubectl-img/podspec"
)

// annotationRun identifies our pod among others of the same name after the answer to a create was lost.
const annotationRun = "kubectl-img.dev/run"

// Pod is a builder pod after its create was sent.
type Pod struct {
	api             *API
	namespace, name string
	container       string
	want            *corev1.Pod // as requested
	uid             types.UID   // empty as long as nobody knows whether the create succeeded
	run             string      // value of annotationRun
	created         metav1.Time
}

// Create creates the pod; container names the one that builds. It repeats a create that was not answered. If the namespace's LimitRanges do
// not allow the adjustable requests, it adjusts them and returns them as adjusted. A returned Pod must be deleted, even if
// there is an error: the API server may have stored it.
func Create(ctx context.Context, api *API, want *corev1.Pod, container string, adjustable podlimits.Adjustable) (p *Pod, adjusted corev1.ResourceList, err error) {
	adjusted, err = podlimits.Fit(want, podspec.Ours(want), adjustable, func(fitting *corev1.Pod) (err error) {
		p, err = createAsIs(ctx, api, fitting, container)
		return err
	})
	return p, adjusted, err
}

func createAsIs(ctx context.Context, api *API, want *corev1.Pod, container string) (*Pod, error) {
	p := &Pod{api: api, namespace: want.Namespace, name: want.Name, container: container, want: want, run: string(uuid.NewUUID())}
	want = want.DeepCopy()
	metav1.SetMetaDataAnnotation(&want.ObjectMeta, annotationRun, p.run)
	var got *corev1.Pod
	maybeStored := false // by an attempt that got no answer
	err := api.retry(ctx, retryLimits{slowRequestLimit, retryLimit}, func(ctx context.Context, client kubernetes.Interface) (err error) {
		got, err = client.CoreV1().Pods(p.namespace).Create(ctx, want, metav1.CreateOptions{})
		if maybeStored && apierrors.IsAlreadyExists(err) {
			got, err = p.getOwn(ctx, client)
		}
		maybeStored = maybeStored || err != nil && !rejected(err) && !neverSent(err)
		return err
	})
	switch {
	case err == nil:
		p.uid, p.created = got.UID, got.CreationTimestamp
		if weakened := podsecurity.Compare(want, got, podspec.Ours(want)); weakened != nil {
			return p, weakened
		}
		return p, nil
	case maybeStored:
		return p, fmt.Errorf("create builder pod %s: %w", p, err)
	default:
		return nil, fmt.Errorf("create builder pod %s: %w", p, podlimits.Explain(want, podspec.Ours(want), err)) // a pod of this name is not ours
	}
}

// getOwn returns the pod if this run created it, and an AlreadyExists error for any other pod of its name.
func (p *Pod) getOwn(ctx context.Context, client kubernetes.Interface) (*corev1.Pod, error) {
	got, err := client.CoreV1().Pods(p.namespace).Get(ctx, p.name, metav1.GetOptions{})
	if err == nil && got.Annotations[annotationRun] != p.run {
		return nil, apierrors.NewAlreadyExists(corev1.Resource("pods"), p.name)
	}
	return got, err
}

// rejected reports whether the API server answered and stored nothing.
func rejected(err error) bool {
	var status apierrors.APIStatus
	if !errors.As(err, &status) {
		return false
	}
	code := status.Status().Code
	return code >= 400 && code < 500
}

func (p *Pod) String() string { return p.namespace + "/" + p.name }

// Created returns when the API server stored the pod, by the server's clock.
func (p *Pod) Created() metav1.Time { return p.created }
