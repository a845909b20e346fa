package plugin

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"

	"github.com/kubectl-img/kubectl-img/internal/builder"
	"github.com/kubectl-img/kubectl-img/internal/registryauth"
	"github.com/kubectl-img/kubectl-img/internal/session"
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
	checking, giveUp := context.WithCancel(ctx)
	l.giveUp = giveUp
	dockerfile := b.Source.Dockerfile()
	l.partial = dockerfile == nil
	l.running.Go(func() {
		defer close(l.checked)
		l.logins, l.err = b.decide(ctx, dockerfile)
		if l.err == nil && len(l.logins.Helpers()) > 0 && b.Pod.Spec.ServiceAccountName != "" {
			l.account = builder.GoogleAccount(ctx, b.client, b.Pod.Namespace, b.Pod.Spec.ServiceAccountName)
		}
		close(l.decided)
		if l.err != nil {
			refuse(&loginError{l.err})
			return
		}
		if err := b.checkPush(checking, l); err != nil {
			refuse(&loginError{err})
		}
	})
	return l
}

// decide chooses a login for every registry of the build. A Dockerfile that can't be read is the engine's to explain.
func (b *build) decide(ctx context.Context, dockerfile []byte) (registryauth.Logins, error) {
	var push []string
	if b.Build.Push {
		push = slices.Clone(b.Build.Tags)
	}
	push = append(push, cacheReferences(b.Build.CacheTo)...)
	pull, err := registryauth.References(dockerfile, b.Build.Target, b.Build.BuildArgs)
	if err != nil {
		b.log.Debugf("the registries of the Dockerfile are not known: %v", err)
	}
	pull = append(pull, cacheReferences(b.Build.CacheFrom)...)
	return registryauth.Decide(ctx, registryauth.Registries(push, pull), registryauth.Situation{
		Rules: b.Auth, ServiceAccount: b.Pod.Spec.ServiceAccountName, Keychain: authn.DefaultKeychain,
	})
}

// cacheReferences takes the references out of specifications as readCaches writes them.
func cacheReferences(specs []string) []string {
	var refs []string
	for _, spec := range specs {
		for field := range strings.SplitSeq(spec, ",") {
			if ref, ok := strings.CutPrefix(field, "ref="); ok {
				refs = append(refs, ref)
			}
		}
	}
	return refs
}

func (b *build) tell(logins registryauth.Logins) {
	if len(logins) > 0 {
		b.log.Infof("registry login: %s", logins.Summary())
	}
}

func (b *build) checkPush(ctx context.Context, l *login) error {
	if !b.CheckPush || !b.Build.Push {
		return nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, checkLimit, errTimedOut)
	defer cancel()
	for _, tag := range b.Build.Tags {
		accepted, err := l.logins.CheckPush(ctx, tag, b.Trust)
		if err != nil {
			return err
		}
		l.accept(accepted)
	}
	return nil
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

// complete decides again if the Dockerfile has only now come out of its archive.
func (b *build) complete(ctx context.Context) error {
	l := b.login
	dockerfile := b.Source.Dockerfile()
	if !l.partial {
		return nil
	}
	l.partial = false
	if dockerfile != nil {
		logins, err := b.decide(ctx, dockerfile)
		if err != nil {
			return err
		}
		l.logins = logins
	}
	b.tell(l.logins)
	return nil
}

// sessionLogin is what the pod is sent.
func (b *build) sessionLogin() session.Login {
	l := b.login
	out := session.Login{
		Config: l.logins.Config(), Certificates: b.Trust.Certificates, Unverified: b.Trust.Insecure, Proxy: b.Proxies, Secrets: l.logins.Secrets(),
	}
	account := session.AnyAccount
	switch {
	case l.account != "":
		account = l.account
	case b.Pod.Spec.ServiceAccountName != "":
		account = session.NamedAccount
	}
	for _, h := range l.logins.Helpers() {
		out.Google = append(out.Google, session.GoogleLogin{Helper: h.Name, Account: account, Hosts: h.Hosts})
	}
	return out
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

// checkSecrets looks at the Secrets of --auth before the pod is created.
func (b *build) checkSecrets(ctx context.Context) error {
	for _, name := range b.Auth.Secrets() {
		if err := builder.CheckSecret(ctx, b.client, b.Pod.Namespace, name); err != nil {
			return err
		}
	}
	return nil
}

// refusedLogin is the login's reason to end the run, if there is one; it counts more than what ended for it.
func refusedLogin(ctx context.Context) error {
	if refused := (*loginError)(nil); errors.As(context.Cause(ctx), &refused) {
		return refused.error
	}
	return nil
}
