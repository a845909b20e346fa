package builder

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"

	"github.com/kubectl-img/kubectl-img/internal/podsecurity"
)

// TestCreateWeakened stores the pod without a field, as an API server does whose feature gate is off.
func TestCreateWeakened(t *testing.T) {
	for field, drop := range map[string]func(*corev1.Pod){
		"hostUsers": func(p *corev1.Pod) { p.Spec.HostUsers = nil },
		"procMount": func(p *corev1.Pod) { p.Spec.Containers[0].SecurityContext.ProcMount = nil },
	} {
		t.Run(field+" dropped", func(t *testing.T) {
			client := fake.NewClientset()
			client.PrependReactor("create", "pods", func(a clienttesting.Action) (bool, runtime.Object, error) {
				stored := a.(clienttesting.CreateAction).GetObject().(*corev1.Pod).DeepCopy()
				drop(stored)
				return true, stored, nil
			})
			pod, err := createAsIs(t.Context(), newAPI(client), builderPod(), container)
			var weakened *podsecurity.WeakenedError
			if !errors.As(err, &weakened) || !strings.Contains(weakened.Field, field) || pod == nil {
				t.Errorf("%v, pod %v", err, pod)
			}
		})
	}
}

func TestCreateFailed(t *testing.T) {
	for name, c := range map[string]struct {
		err         error
		maybeStored bool
	}{
		"connection lost": {errors.New("connection reset"), true},
		"name taken":      {apierrors.NewAlreadyExists(podResource, "img-1"), false},
	} {
		t.Run(name, func(t *testing.T) {
			client := fake.NewClientset()
			client.PrependReactor("create", "pods", func(clienttesting.Action) (bool, runtime.Object, error) { return true, nil, c.err })
			pod, err := createAsIs(t.Context(), newAPI(client), builderPod(), container)
			if !errors.Is(err, c.err) || (pod != nil) != c.maybeStored {
				t.Errorf("pod %v, error %v", pod, err)
			}
		})
	}
}

func TestCreateRepeated(t *testing.T) {
	t.Run("finds the pod whose answer was lost", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			client := fake.NewClientset()
			loseFirstAnswer(client)
			if pod := create(t, client); pod.uid != "uid" {
				t.Errorf("%+v", pod)
			}
		})
	})
	t.Run("does not take over another pod of the same name", func(t *testing.T) {
		client := fake.NewClientset(builderPod())
		if pod, err := createAsIs(t.Context(), newAPI(client), builderPod(), container); pod != nil || !apierrors.IsAlreadyExists(err) {
			t.Errorf("%v, %v", pod, err)
		}
	})
}

// loseFirstAnswer stores the first pod that is created, and returns an error all the same.
func loseFirstAnswer(client *fake.Clientset) {
	calls := 0
	client.PrependReactor("create", "pods", func(a clienttesting.Action) (bool, runtime.Object, error) {
		if calls++; calls > 1 {
			return false, nil, nil
		}
		if err := client.Tracker().Add(a.(clienttesting.CreateAction).GetObject()); err != nil {
			return true, nil, err
		}
		return true, nil, io.ErrUnexpectedEOF
	})
}
