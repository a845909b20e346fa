// Package builder owns the builder pod: it creates it, says why it does not start, notices its end, and deletes it.
package builder

import (
	"context"
	"errors"
	"fmt"
	"net"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/uuid"
	"k8s.io/client-go/kubernetes"

	"github.com/kubectl-img/kubectl-img/internal/podsecurity"
)

// annotationRun tells a pod of ours from another of its name when the answer to a create is lost.
const annotationRun = "kubectl-img.dev/run"

// Pod is a builder pod whose create has been sent.
type Pod struct {
	api             *API
	namespace, name string
	container       string
	want            *corev1.Pod
	uid             types.UID // empty while it is not known whether the create succeeded
	run             string    // value of annotationRun
	created         metav1.Time
}

// Create sends the create; container is the one that builds. The Pod is to be deleted even when an error comes back: the
// API server may have stored it. A create that was not answered is sent again.
func Create(ctx context.Context, api *API, want *corev1.Pod, container string) (*Pod, error) {
	p := &Pod{api: api, namespace: want.Namespace, name: want.Name, container: container, want: want, run: string(uuid.NewUUID())}
	want = want.DeepCopy()
	metav1.SetMetaDataAnnotation(&want.ObjectMeta, annotationRun, p.run)
	var got *corev1.Pod
	stored := false // it may be, by an attempt that got no answer
	err := api.retry(ctx, patience{slowAttempt, persistence}, func(ctx context.Context, client kubernetes.Interface) (err error) {
		got, err = client.CoreV1().Pods(p.namespace).Create(ctx, want, metav1.CreateOptions{})
		if stored && apierrors.IsAlreadyExists(err) {
			got, err = p.own(ctx, client)
		}
		stored = stored || err != nil && !refused(err) && !neverSent(err)
		return err
	})
	switch {
	case err == nil:
		p.uid, p.created = got.UID, got.CreationTimestamp
		if weakened := podsecurity.Compare(want, got, container); weakened != nil {
			return p, weakened
		}
		return p, nil
	case stored:
		return p, fmt.Errorf("create builder pod %s: %w", p, err)
	default:
		return nil, fmt.Errorf("create builder pod %s: %w", p, err) // nobody's, or somebody else's of that name
	}
}

// own returns the pod if it is the one that we asked for.
func (p *Pod) own(ctx context.Context, client kubernetes.Interface) (*corev1.Pod, error) {
	got, err := client.CoreV1().Pods(p.namespace).Get(ctx, p.name, metav1.GetOptions{})
	if err == nil && got.Annotations[annotationRun] != p.run {
		return nil, apierrors.NewAlreadyExists(corev1.Resource("pods"), p.name)
	}
	return got, err
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
func (p *Pod) DeleteCommand() string { return deleteCommand(p.namespace, p.name) }

// DeleteCommand is the same for a pod that is about to be created.
func DeleteCommand(pod *corev1.Pod) string { return deleteCommand(pod.Namespace, pod.Name) }

func deleteCommand(namespace, name string) string {
	return "kubectl delete pod -n " + namespace + " " + name
}
