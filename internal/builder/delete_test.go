package builder

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"
)

func TestDelete(t *testing.T) {
	t.Run("sent after a cancel, and repeated", func(t *testing.T) {
		client := fake.NewClientset()
		calls := 0
		client.PrependReactor("delete", "pods", func(clienttesting.Action) (bool, runtime.Object, error) {
			if calls++; calls < 3 {
				return true, nil, apierrors.NewServiceUnavailable("restarting")
			}
			return true, nil, nil
		})
		pod := create(t, client)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := pod.Delete(ctx); err != nil || calls != 3 {
			t.Errorf("%v after %d calls", err, calls)
		}
	})
	t.Run("pod already gone", func(t *testing.T) {
		pod := create(t, fake.NewClientset())
		for range 2 {
			if err := pod.Delete(t.Context()); err != nil {
				t.Error(err)
			}
		}
	})
}

// TestDeleteWithoutUID deletes a pod whose create got no answer: only its annotation tells whether it is ours.
func TestDeleteWithoutUID(t *testing.T) {
	unanswered := func(client *fake.Clientset) *Pod {
		return &Pod{api: newAPI(client), namespace: "ns", name: "img-1", container: container, run: "mine"}
	}
	t.Run("leaves another pod of the same name", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			client := fake.NewClientset(builderPod())
			if err := unanswered(client).Delete(t.Context()); err != nil {
				t.Error(err)
			}
			if _, err := client.CoreV1().Pods("ns").Get(t.Context(), "img-1", metav1.GetOptions{}); err != nil {
				t.Errorf("the other pod: %v", err)
			}
		})
	})
	t.Run("create arrives after the delete", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			client := fake.NewClientset()
			late := builderPod()
			late.Annotations = map[string]string{annotationRun: "mine"}
			time.AfterFunc(settleTime/2, func() { _ = client.Tracker().Add(late) })
			if err := unanswered(client).Delete(t.Context()); err != nil {
				t.Error(err)
			}
			left, err := client.CoreV1().Pods("ns").List(t.Context(), metav1.ListOptions{})
			if err != nil || len(left.Items) > 0 {
				t.Errorf("%v, left %d", err, len(left.Items))
			}
		})
	})
}
