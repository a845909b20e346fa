package builder

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	utilnet "k8s.io/apimachinery/pkg/util/net"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

const (
	// requestLimit ends a request on a dead connection, on which nothing else would end soon.
	requestLimit = 5 * time.Second
	// slowRequestLimit is requestLimit for creates, which wait for webhooks, and for lists.
	slowRequestLimit = 15 * time.Second
	// retryLimit is how long a request is repeated while the API server does not answer. Most restarts are shorter.
	retryLimit = 15 * time.Second
	// firstContactLimit is retryLimit for an address that has never answered and accepts no connection: it may be wrong.
	firstContactLimit = 5 * time.Second
	// firstPause is the time between the first two attempts. Each further pause is twice as long, up to lastPause.
	firstPause, lastPause = 250 * time.Millisecond, 4 * time.Second
)

// errNoAnswer is the cause of an attempt that took longer than its limit.
var errNoAnswer = errors.New("no answer from the API server")

// API sends requests to the API server. It repeats them over restarts of the server and broken connections.
type API struct {
	onRetry   func(err error)
	newClient func() (kubernetes.Interface, error) // nil if the client can't be replaced

	mu        sync.Mutex
	client    kubernetes.Interface
	answered  bool   // the API server has answered once
	lastCause string // of a retry
}

// NewAPI returns an API for the cluster of config. onRetry is called before a request is repeated, once for each new cause.
func NewAPI(config *rest.Config, onRetry func(err error)) (*API, error) {
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	newClient := func() (kubernetes.Interface, error) { return kubernetes.NewForConfig(withOwnConnections(config)) }
	return &API{onRetry: onRetry, newClient: newClient, client: client}, nil
}

// NewAPIFor returns an API that uses client for every request.
func NewAPIFor(client kubernetes.Interface, onRetry func(err error)) *API {
	return &API{onRetry: onRetry, client: client}
}

// withOwnConnections sets a dial function: client-go shares connections between clients that have the same one.
func withOwnConnections(config *rest.Config) *rest.Config {
	fresh := rest.CopyConfig(config)
	if fresh.Dial == nil {
		fresh.Dial = (&net.Dialer{Timeout: requestLimit, KeepAlive: 30 * time.Second}).DialContext
	}
	return fresh
}

// Client returns the client of the newest connection.
func (a *API) Client() kubernetes.Interface {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.client
}

type request func(context.Context, kubernetes.Interface) error

// retryLimits bounds one attempt of a request, and all attempts together.
type retryLimits struct{ attempt, total time.Duration }

// UnansweredError says that a request's context ended before the API server answered.
type UnansweredError struct {
	cause error // of the context's end
	Err   error // of the last attempt
}

func (e *UnansweredError) Error() string { return e.cause.Error() }

// Unwrap returns both errors.
func (e *UnansweredError) Unwrap() []error { return []error{e.cause, e.Err} }

// retry repeats a request until the API server answers, ctx ends or the limit is reached. It returns the last attempt's error.
func (a *API) retry(ctx context.Context, l retryLimits, do request) error {
	start := time.Now()
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		err := a.attempt(ctx, l.attempt, do)
		if err != nil && ctx.Err() != nil {
			return &UnansweredError{context.Cause(ctx), err}
		}
		if err == nil || !transient(err) || time.Since(start)+pause > a.totalAfter(err, l.total) {
			return err
		}
		a.notify(err)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return &UnansweredError{context.Cause(ctx), err}
		}
		a.reconnect(err)
	}
}

// totalAfter returns the limit of all attempts together after one ended with err.
func (a *API) totalAfter(err error, total time.Duration) time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.answered || !neverSent(err) {
		return total
	}
	return min(total, firstContactLimit)
}

func (a *API) notify(err error) {
	a.mu.Lock()
	isNew := a.lastCause != err.Error()
	a.lastCause = err.Error()
	a.mu.Unlock()
	if isNew && a.onRetry != nil {
		a.onRetry(err)
	}
}

func (a *API) attempt(ctx context.Context, limit time.Duration, do request) error {
	limited, cancel := context.WithTimeoutCause(ctx, limit, errNoAnswer)
	defer cancel()
	err := do(limited, a.Client())
	var status apierrors.APIStatus
	if err == nil || errors.As(err, &status) {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.answered = true
	}
	if err != nil && ctx.Err() == nil && limited.Err() != nil {
		return errNoAnswer
	}
	return err
}

// reconnect replaces a connection that may never answer again.
func (a *API) reconnect(err error) {
	var status apierrors.APIStatus
	if a.newClient == nil || errors.As(err, &status) {
		return
	}
	if client, err := a.newClient(); err == nil {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.client = client
	}
}

// transient reports whether the API server was out of reach or unable to answer, so that another attempt can help.
func transient(err error) bool {
	var status apierrors.APIStatus
	var network *net.OpError
	var name *net.DNSError
	switch {
	case errors.As(err, &status):
		code := status.Status().Code
		return code == http.StatusTooManyRequests || code >= http.StatusInternalServerError
	case errors.Is(err, errNoAnswer), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return true
	case errors.As(err, &name):
		return !name.IsNotFound
	case errors.As(err, &network):
		return network.Op != "remote error" // a TLS alert
	default:
		return utilnet.IsProbableEOF(err) || utilnet.IsHTTP2ConnectionLost(err) || utilnet.IsTimeout(err)
	}
}

// Away reports whether err says that the API server was out of reach or unable to answer, however often it was asked.
func Away(err error) bool {
	var status apierrors.APIStatus
	var transport *url.Error
	return errors.Is(err, errNoAnswer) || (errors.As(err, &status) || errors.As(err, &transport)) && transient(err)
}

// neverSent reports whether no connection was established, so that the API server can't have stored anything.
func neverSent(err error) bool {
	var dial *net.OpError
	return errors.As(err, &dial) && dial.Op == "dial"
}
