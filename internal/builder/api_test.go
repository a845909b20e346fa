package builder

import (
	"context"
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"
)

func api(client kubernetes.Interface) *API { return &API{client: client} }

var pods = schema.GroupResource{Resource: "pods"}

func TestWhatIsAskedAgain(t *testing.T) {
	dial := func(err error) error { return &net.OpError{Op: "dial", Err: err} }
	for _, c := range []struct {
		err   error
		again bool
	}{
		{apierrors.NewServiceUnavailable("restarting"), true},
		{apierrors.NewTooManyRequests("slow down", 1), true},
		{apierrors.NewInternalError(errors.New("etcd")), true},
		{apierrors.NewTimeoutError("etcd", 1), true},
		{dial(syscall.ECONNREFUSED), true},
		{dial(&net.DNSError{IsTimeout: true}), true},
		{&net.OpError{Op: "read", Err: syscall.ECONNRESET}, true},
		{io.ErrUnexpectedEOF, true},
		{errNoAnswer, true},
		{errors.New("http2: client connection lost"), true},
		{dial(&net.DNSError{IsNotFound: true}), false},
		{&net.OpError{Op: "remote error", Err: errors.New("tls: bad certificate")}, false},
		{apierrors.NewForbidden(pods, "x", errors.New("no")), false},
		{apierrors.NewUnauthorized("who"), false},
		{apierrors.NewNotFound(pods, "x"), false},
		{context.Canceled, false},
		{errors.New("x509: certificate signed by unknown authority"), false},
	} {
		if transient(c.err) != c.again {
			t.Errorf("%v: asked again %v", c.err, !c.again)
		}
	}
}

func TestRetryTellsWhyAndGivesUpInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		away := apierrors.NewServiceUnavailable("restarting")
		told, start := 0, time.Now()
		a := &API{notice: func(err error) { told++ }}
		err := a.retry(t.Context(), patience{attempt, persistence}, func(context.Context, kubernetes.Interface) error { return away })
		if took := time.Since(start); !errors.Is(err, away) || told != 1 || took > persistence || took < introduction {
			t.Errorf("%v, told %d times, after %s", err, told, took)
		}
	})
}

// There may be no such server, and then a user waits for the answer.
func TestRetryIsShortWhereNothingEverAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		refused := &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
		err := api(nil).retry(t.Context(), patience{attempt, persistence}, func(context.Context, kubernetes.Interface) error { return refused })
		if took := time.Since(start); !errors.Is(err, refused) || took > introduction {
			t.Errorf("%v after %s", err, took)
		}
	})
}

// A connection that went dead is left behind: the next attempt has one of its own.
func TestRetryLeavesADeadConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dead, fresh := fake.NewClientset(), fake.NewClientset()
		a := &API{client: dead, renew: func() (kubernetes.Interface, error) { return fresh, nil }}
		err := a.retry(t.Context(), patience{attempt, persistence}, func(ctx context.Context, c kubernetes.Interface) error {
			if c == fresh {
				return nil
			}
			<-ctx.Done()
			return ctx.Err()
		})
		if err != nil || a.Client() != fresh {
			t.Errorf("%v, fresh %v", err, a.Client() == fresh)
		}
	})
}

func TestRetryEndsWithItsContext(t *testing.T) {
	stop := errors.New("stop")
	ctx, cancel := context.WithCancelCause(t.Context())
	err := api(nil).retry(ctx, patience{attempt, persistence}, func(context.Context, kubernetes.Interface) error {
		cancel(stop)
		return io.EOF
	})
	if !errors.Is(err, stop) || !errors.Is(err, io.EOF) {
		t.Errorf("%v", err)
	}
}

// lostAnswer stores what is created and fails all the same, the first time.
func lostAnswer(client *fake.Clientset) {
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

func TestCreateFindsThePodOfALostAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := fake.NewClientset()
		lostAnswer(client)
		pod, err := Create(t.Context(), api(client), builderPod(), container)
		if err != nil || pod.uid != "uid" {
			t.Errorf("%v, %+v", err, pod)
		}
	})
}

func TestCreateDoesNotTakeOverAPodOfTheSameName(t *testing.T) {
	client := fake.NewClientset(builderPod())
	if pod, err := Create(t.Context(), api(client), builderPod(), container); pod != nil || !apierrors.IsAlreadyExists(err) {
		t.Errorf("%v, %v", pod, err)
	}
}

// Of a create whose answer was lost only the annotation tells whose pod it is.
func TestDeleteSparesAnotherPodOfTheSameName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := fake.NewClientset(builderPod())
		p := &Pod{api: api(client), namespace: "ns", name: "img-1", container: container, run: "mine"}
		if err := p.Delete(t.Context()); err != nil {
			t.Error(err)
		}
		if _, err := client.CoreV1().Pods("ns").Get(t.Context(), "img-1", metav1.GetOptions{}); err != nil {
			t.Errorf("the other pod: %v", err)
		}
	})
}

// The create may have been on its way when its connection broke.
func TestDeleteWaitsForACreateThatSettlesLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := fake.NewClientset()
		p := &Pod{api: api(client), namespace: "ns", name: "img-1", container: container, run: "mine"}
		late := builderPod()
		late.Annotations = map[string]string{annotationRun: "mine"}
		time.AfterFunc(settling/2, func() { _ = client.Tracker().Add(late) })
		if err := p.Delete(t.Context()); err != nil {
			t.Error(err)
		}
		left, err := client.CoreV1().Pods("ns").List(t.Context(), metav1.ListOptions{})
		if err != nil || len(left.Items) > 0 {
			t.Errorf("%v, left %d", err, len(left.Items))
		}
	})
}
