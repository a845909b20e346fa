package builder

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// pageSize is how many pods one list request returns.
const pageSize = 500

// List returns the pods that match a label selector. An empty namespace stands for all namespaces.
func (a *API) List(ctx context.Context, namespace, selector string) ([]corev1.Pod, error) {
	var all []corev1.Pod
	options := metav1.ListOptions{LabelSelector: selector, Limit: pageSize}
	for {
		var list *corev1.PodList
		err := a.retry(ctx, retryLimits{slowRequestLimit, retryLimit}, func(ctx context.Context, client kubernetes.Interface) (err error) {
			list, err = client.CoreV1().Pods(namespace).List(ctx, options)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("list builder pods: %w", err)
		}
		all = append(all, list.Items...)
		if options.Continue = list.Continue; options.Continue == "" {
			return all, nil
		}
	}
}

// Get returns one pod.
func (a *API) Get(ctx context.Context, namespace, name string) (*corev1.Pod, error) {
	var pod *corev1.Pod
	err := a.retry(ctx, retryLimits{requestLimit, retryLimit}, func(ctx context.Context, client kubernetes.Interface) (err error) {
		pod, err = client.CoreV1().Pods(namespace).Get(ctx, name, metav1.GetOptions{})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("find builder pod %s/%s: %w", namespace, name, err)
	}
	return pod, nil
}

// Adopt returns the Pod for a pod that another run created; container names the one that builds.
func Adopt(api *API, pod *corev1.Pod, container string) *Pod {
	return &Pod{
		api: api, namespace: pod.Namespace, name: pod.Name, container: container, want: pod,
		uid: pod.UID, created: pod.CreationTimestamp,
	}
}
