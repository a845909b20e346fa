package builder

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	utilnet "k8s.io/apimachinery/pkg/util/net"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

const (
	// attempt is how long one request may take: on a connection that went dead nothing else ends it soon.
	attempt = 5 * time.Second
	// slowAttempt is the same for a create, which waits for webhooks.
	slowAttempt = 15 * time.Second
	// persistence is how long a request is repeated that the API server could not answer: most restarts take less.
	persistence = 15 * time.Second
	// introduction is the same for a server that has never answered and takes no connection: there may be none.
	introduction = 5 * time.Second
	// firstPause is how long to wait before the second attempt; each further one waits twice as long, lastPause at most.
	firstPause, lastPause = 250 * time.Millisecond, 4 * time.Second
)

// errNoAnswer is the cause of a context whose attempt took too long.
var errNoAnswer = errors.New("no answer from the API server")

// API is the way to the API server. It outlasts restarts of the server and connections that went dead.
type API struct {
	notice func(err error)
	renew  func() (kubernetes.Interface, error)

	mu       sync.Mutex
	client   kubernetes.Interface
	answered bool
	told     string
}

// NewAPI returns the way to the API server of config. notice is told what keeps a request from being answered, before
// each further attempt.
func NewAPI(config *rest.Config, notice func(err error)) (*API, error) {
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	renew := func() (kubernetes.Interface, error) { return kubernetes.NewForConfig(apart(config)) }
	return &API{notice: notice, renew: renew, client: client}, nil
}

// NewAPIFor returns the way to an API server that client reaches, and it alone.
func NewAPIFor(client kubernetes.Interface, notice func(err error)) *API {
	return &API{notice: notice, client: client}
}

// apart is config with connections of its own: client-go shares them between clients whose dial function is the same.
func apart(config *rest.Config) *rest.Config {
	fresh := rest.CopyConfig(config)
	if fresh.Dial == nil {
		fresh.Dial = (&net.Dialer{Timeout: attempt, KeepAlive: 30 * time.Second}).DialContext
	}
	return fresh
}

// Client returns the client that last worked.
func (a *API) Client() kubernetes.Interface {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.client
}

// request is one question to the API server.
type request func(context.Context, kubernetes.Interface) error

// patience bounds one attempt of a request, and all of them.
type patience struct{ attempt, total time.Duration }

// UnansweredError says that a request was given up because its context ended, and what had kept it from being answered.
type UnansweredError struct {
	Cause error // of the context's end
	Err   error // the last attempt's
}

func (e *UnansweredError) Error() string { return e.Cause.Error() }

// Unwrap returns both.
func (e *UnansweredError) Unwrap() []error { return []error{e.Cause, e.Err} }

// retry repeats a request until it is answered, ctx ends or the API server has been away for too long. The last error is
// returned as it is.
func (a *API) retry(ctx context.Context, p patience, do request) error {
	start := time.Now()
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		err := a.try(ctx, p.attempt, do)
		if err != nil && ctx.Err() != nil {
			return &UnansweredError{context.Cause(ctx), err}
		}
		if err == nil || !transient(err) || time.Since(start)+pause > a.worth(p.total, err) {
			return err
		}
		a.tell(err)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return &UnansweredError{context.Cause(ctx), err}
		}
		a.reconnect(err)
	}
}

// worth is how long to go on after err.
func (a *API) worth(total time.Duration, err error) time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.answered || !neverSent(err) {
		return total
	}
	return min(total, introduction)
}

// tell gives notice of each reason once.
func (a *API) tell(err error) {
	a.mu.Lock()
	news := a.told != err.Error()
	a.told = err.Error()
	a.mu.Unlock()
	if news && a.notice != nil {
		a.notice(err)
	}
}

func (a *API) try(ctx context.Context, limit time.Duration, do request) error {
	one, cancel := context.WithTimeoutCause(ctx, limit, errNoAnswer)
	defer cancel()
	err := do(one, a.Client())
	var status apierrors.APIStatus
	if err == nil || errors.As(err, &status) {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.answered = true
	}
	if err != nil && ctx.Err() == nil && one.Err() != nil {
		return errNoAnswer
	}
	return err
}

// reconnect leaves a connection behind that may never answer.
func (a *API) reconnect(err error) {
	var status apierrors.APIStatus
	if a.renew == nil || errors.As(err, &status) {
		return
	}
	if client, err := a.renew(); err == nil {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.client = client
	}
}

// transient says that the API server was out of reach or not able to answer, so that asking again can help.
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
