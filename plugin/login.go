package plugin

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/kubectl-img/kubectl-img/internal/builder"
	"github.com/kubectl-img/kubectl-img/internal/panics"
	"github.com/kubectl-img/kubectl-img/internal/registryauth"
)

const (
	// checkLimit bounds the question whether a registry takes the push.
	checkLimit = 5 * time.Second
	// checkGrace is how long a pod that is ready waits for the answer.
	checkGrace = 2 * time.Second
)

// login is what becomes known of the build's registry logins while the pod starts.
type login struct {
	decided chan struct{} // closed when the next three are set
	logins  registryauth.Logins
	account string // the Google account that the pod's service account stands for, where the user may know
	err     error
	partial bool // the Dockerfile is in an archive that has not been read

	checked chan struct{} // closed when no answer to the push check is to come
	giveUp  context.CancelFunc
	running sync.WaitGroup

	mu       sync.Mutex
	identity string   // the pod's Google identity, once it has said so
	accepted []string // registries that took the login before the build
}

// loginError ends a run because of a registry login.
type loginError struct{ error }

func (e *loginError) Unwrap() error { return e.error }

// startLogin decides how to log in and asks whether the push is allowed; refuse ends the run.
func (b *build) startLogin(ctx context.Context, refuse context.CancelCauseFunc) *login {
	l := &login{decided: make(chan struct{}), checked: make(chan struct{})}
	checking, giveUp := context.WithTimeoutCause(ctx, checkLimit, errTimedOut)
	l.giveUp = giveUp
	dockerfile := b.Source.Dockerfile()
	l.partial = dockerfile == nil
	l.running.Go(func() {
		defer close(l.checked)
		if err := panics.Do(func() error { return b.find(ctx, checking, l, dockerfile) }); err != nil {
			refuse(&loginError{err})
		}
	})
	return l
}

// find decides on the logins and asks whether the push is allowed.
func (b *build) find(ctx, checking context.Context, l *login, dockerfile []byte) error {
	func() {
		defer close(l.decided)
		defer panics.Recover(&l.err)
		l.logins, l.err = b.decide(ctx, dockerfile)
		if l.err == nil && len(l.logins.Helpers()) > 0 && b.Pod.Spec.ServiceAccountName != "" {
			l.account = builder.ServiceAccountAnnotation(ctx, b.api.Client(), b.Pod.Namespace, b.Pod.Spec.ServiceAccountName, l.logins.AccountAnnotation())
		}
	}()
	if l.err != nil {
		return l.err
	}
	return b.checkPush(checking, l)
}

// awaitLogin returns when the logins are decided and the push check has had its time.
func (b *build) awaitLogin(ctx context.Context) error {
	if err := b.login.wait(ctx); err != nil {
		return err
	}
	if !b.login.partial {
		b.tell(b.login.logins)
	}
	return nil
}

func (l *login) wait(ctx context.Context) error {
	select {
	case <-l.decided:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	select {
	case <-l.checked:
		return l.err
	case <-time.After(checkGrace):
		l.giveUp()
		return l.err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// end stops what still runs. Only a credential helper that hangs is left behind.
func (l *login) end() {
	l.giveUp()
	l.running.Wait()
}

// identified takes the pod's word on its Google identity.
func (b *build) identified(address string) {
	b.login.mu.Lock()
	defer b.login.mu.Unlock()
	b.login.identity = address
}

func (l *login) address() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.identity
}

func (l *login) accept(registry string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.accepted = append(l.accepted, registry)
}

// hadAccepted tells whether a login was good when the build began.
func (l *login) hadAccepted(registry string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Contains(l.accepted, registry)
}

// refusedLogin is the login's reason to end the run, if there is one; it counts more than what ended for it.
func refusedLogin(ctx context.Context) error {
	if refused := (*loginError)(nil); errors.As(context.Cause(ctx), &refused) {
		return refused.error
	}
	return nil
}
