package build

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/kubectl-img/kubectl-img/internal/explain"
	"github.com/kubectl-img/kubectl-img/internal/registryauth"
)

// pushCheckGrace is how long a pod that is ready waits for the registry's answer.
const pushCheckGrace = 2 * time.Second

// loginState is what becomes known of the build's registry logins while the pod starts.
type loginState struct {
	chosen  chan struct{} // closed when the next three are set
	logins  registryauth.Logins
	account string // the cloud account that the pod's service account stands for, where the user may read it
	err     error
	partial bool // the Dockerfile is in an archive that has not been read

	checked chan struct{} // closed when the push check is over
	giveUp  context.CancelFunc
	running sync.WaitGroup

	mu       sync.Mutex
	identity string            // the pod's cloud identity, once the pod has reported it
	accepted []string          // registries that accepted the login before the build
	named    map[string]string // what each tag named before the build, by its reference; empty for nothing
}

// loginError ends a run because of a registry login.
type loginError struct{ error }

func (e *loginError) Unwrap() error { return e.error }

// loginCause returns the login's reason to end the run, or nil. It takes precedence over the error that the end caused.
func loginCause(ctx context.Context) error {
	if failed := (*loginError)(nil); errors.As(context.Cause(ctx), &failed) {
		return failed.error
	}
	return nil
}

// wait returns when the logins are chosen, and the push check is over or has had its time.
func (l *loginState) wait(ctx context.Context) error {
	select {
	case <-l.chosen:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	select {
	case <-l.checked:
		return l.err
	case <-time.After(pushCheckGrace):
		l.giveUp()
		return l.err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// end stops what still runs. Only a credential helper that hangs is left behind.
func (l *loginState) end() {
	l.giveUp()
	l.running.Wait()
}

func (l *loginState) setIdentity(address string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.identity = address
}

func (l *loginState) accept(registry string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.accepted = append(l.accepted, registry)
}

// note remembers what a tag names before the build.
func (l *loginState) note(tag Tag, digest string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.named == nil {
		l.named = map[string]string{}
	}
	l.named[tag.Reference] = digest
}

// before returns what a tag named before the build: a digest, or nothing. known is false if that was not asked, or not answered.
func (l *loginState) before(tag Tag) (digest string, known bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	digest, known = l.named[tag.Reference]
	return digest, known
}

// facts returns what is known. Nobody may read the logins before they are chosen.
func (l *loginState) facts() explain.LoginFacts {
	l.mu.Lock()
	defer l.mu.Unlock()
	return explain.LoginFacts{Logins: l.logins, Account: l.account, Identity: l.identity, Accepted: slices.Clone(l.accepted)}
}
