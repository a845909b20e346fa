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
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/fake"
)

func newAPI(client kubernetes.Interface) *API { return &API{client: client} }

var podResource = schema.GroupResource{Resource: "pods"}

func TestTransient(t *testing.T) {
	dial := func(err error) error { return &net.OpError{Op: "dial", Err: err} }
	for name, c := range map[string]struct {
		err  error
		want bool
	}{
		"server restarts":       {apierrors.NewServiceUnavailable("restarting"), true},
		"too many requests":     {apierrors.NewTooManyRequests("slow down", 1), true},
		"internal error":        {apierrors.NewInternalError(errors.New("etcd")), true},
		"server-side time-out":  {apierrors.NewTimeoutError("etcd", 1), true},
		"connection refused":    {dial(syscall.ECONNREFUSED), true},
		"name server slow":      {dial(&net.DNSError{IsTimeout: true}), true},
		"connection reset":      {&net.OpError{Op: "read", Err: syscall.ECONNRESET}, true},
		"cut off":               {io.ErrUnexpectedEOF, true},
		"attempt timed out":     {errNoAnswer, true},
		"HTTP/2 connection":     {errors.New("http2: client connection lost"), true},
		"unknown host":          {dial(&net.DNSError{IsNotFound: true}), false},
		"TLS alert":             {&net.OpError{Op: "remote error", Err: errors.New("tls: bad certificate")}, false},
		"forbidden":             {apierrors.NewForbidden(podResource, "x", errors.New("no")), false},
		"unauthorized":          {apierrors.NewUnauthorized("who"), false},
		"not found":             {apierrors.NewNotFound(podResource, "x"), false},
		"cancelled":             {context.Canceled, false},
		"untrusted certificate": {errors.New("x509: certificate signed by unknown authority"), false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := transient(c.err); got != c.want {
				t.Errorf("%v: transient %v, want %v", c.err, got, c.want)
			}
		})
	}
}

func TestRetry(t *testing.T) {
	usual := retryLimits{requestLimit, retryLimit}
	t.Run("reports the cause once and gives up in time", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			away := apierrors.NewServiceUnavailable("restarting")
			reports, start := 0, time.Now()
			a := &API{onRetry: func(error) { reports++ }}
			err := a.retry(t.Context(), usual, func(context.Context, kubernetes.Interface) error { return away })
			if took := time.Since(start); !errors.Is(err, away) || reports != 1 || took > retryLimit || took < firstContactLimit {
				t.Errorf("%v, reported %d times, after %s", err, reports, took)
			}
		})
	})
	t.Run("gives up early if nothing ever answered", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			closed := &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
			err := newAPI(nil).retry(t.Context(), usual, func(context.Context, kubernetes.Interface) error { return closed })
			if took := time.Since(start); !errors.Is(err, closed) || took > firstContactLimit {
				t.Errorf("%v after %s", err, took)
			}
		})
	})
	t.Run("replaces a dead connection", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			dead, fresh := fake.NewClientset(), fake.NewClientset()
			a := &API{client: dead, newClient: func() (kubernetes.Interface, error) { return fresh, nil }}
			err := a.retry(t.Context(), usual, func(ctx context.Context, c kubernetes.Interface) error {
				if c == fresh {
					return nil
				}
				<-ctx.Done()
				return ctx.Err()
			})
			if err != nil || a.Client() != fresh {
				t.Errorf("%v, fresh client %v", err, a.Client() == fresh)
			}
		})
	})
	t.Run("ends with its context", func(t *testing.T) {
		stop := errors.New("stop")
		ctx, cancel := context.WithCancelCause(t.Context())
		err := newAPI(nil).retry(ctx, usual, func(context.Context, kubernetes.Interface) error {
			cancel(stop)
			return io.EOF
		})
		if !errors.Is(err, stop) || !errors.Is(err, io.EOF) {
			t.Errorf("%v", err)
		}
	})
}
