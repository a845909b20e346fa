package build

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"

	"github.com/kubectl-img/kubectl-img/internal/builder"
	"github.com/kubectl-img/kubectl-img/internal/dockerfile"
	"github.com/kubectl-img/kubectl-img/internal/explain"
	"github.com/kubectl-img/kubectl-img/internal/panics"
	"github.com/kubectl-img/kubectl-img/internal/registryauth"
	"github.com/kubectl-img/kubectl-img/internal/session"
)

// pushCheckLimit bounds the request that asks whether a registry accepts the push.
const pushCheckLimit = 5 * time.Second

// startLogin chooses the logins and asks whether the push is allowed, in the background. An error ends the run through cancel.
func (r *run) startLogin(ctx context.Context, cancel context.CancelCauseFunc) {
	l := &loginState{chosen: make(chan struct{}), checked: make(chan struct{})}
	checking, giveUp := context.WithTimeoutCause(ctx, pushCheckLimit, explain.ErrTimedOut)
	l.giveUp = giveUp
	dockerfile := r.Source.Dockerfile()
	l.partial = dockerfile == nil
	r.login = l
	l.running.Go(func() {
		defer close(l.checked)
		err := panics.Do(func() error {
			if err := r.chooseLogins(ctx, dockerfile); err != nil {
				return err
			}
			var looked sync.WaitGroup
			defer looked.Wait()
			looked.Go(func() { _ = panics.Do(func() error { r.lookBefore(checking); return nil }) })
			return r.checkPush(checking)
		})
		if err != nil {
			cancel(&loginError{err})
		}
	})
}

func (r *run) chooseLogins(ctx context.Context, dockerfile []byte) error {
	l := r.login
	defer close(l.chosen)
	defer panics.Recover(&l.err)
	l.logins, l.err = r.loginsFor(ctx, dockerfile)
	if account := r.Pod.Spec.ServiceAccountName; l.err == nil && len(l.logins.Helpers()) > 0 && account != "" {
		l.account = builder.ServiceAccountAnnotation(ctx, r.API.Client(), r.Pod.Namespace, account, l.logins.AccountAnnotation())
	}
	return l.err
}

// loginsFor chooses a login for every registry of the build. The engine explains a Dockerfile that can't be parsed.
func (r *run) loginsFor(ctx context.Context, text []byte) (registryauth.Logins, error) {
	var push []string
	if r.Build.Push {
		push = slices.Clone(r.Build.Tags)
	}
	push = append(push, cacheReferences(r.Build.CacheTo)...)
	pull, err := dockerfile.References(text, r.Build.Target, r.Build.BuildArgs)
	if err != nil {
		r.Log.Debugf("the registries of the Dockerfile are not known: %v", err)
	}
	pull = append(pull, cacheReferences(r.Build.CacheFrom)...)
	pull = append(pull, contextImages(r.Build.Contexts)...)
	return registryauth.Decide(ctx, registryauth.Registries(push, pull), registryauth.Situation{
		Rules: r.Auth, ServiceAccount: r.Pod.Spec.ServiceAccountName, Keychain: authn.DefaultKeychain,
	})
}

// cacheReferences returns the references in cache specifications of the form type=TYPE,ref=REF.
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

// contextImages returns the references among further contexts, which are NAME=WHERE.
func contextImages(contexts []string) []string {
	var refs []string
	for _, c := range contexts {
		if _, ref, ok := strings.Cut(c, "=docker-image://"); ok && ref != "scratch" {
			refs = append(refs, ref)
		}
	}
	return refs
}

func (r *run) checkPush(ctx context.Context) error {
	if !r.CheckPush || !r.Build.Push {
		return nil
	}
	for _, tag := range r.Build.Tags {
		accepted, err := r.login.logins.CheckPush(ctx, tag, r.Trust)
		if err != nil {
			return err
		}
		r.login.accept(accepted)
	}
	return nil
}

// checkSecrets looks at the Secrets of --auth before the pod is created.
func (r *run) checkSecrets(ctx context.Context) error {
	for _, name := range r.Auth.Secrets() {
		if err := builder.CheckSecret(ctx, r.API.Client(), r.Pod.Namespace, name); err != nil {
			return err
		}
	}
	return nil
}

// awaitLogin waits for the logins before the upload.
func (r *run) awaitLogin(ctx context.Context) error {
	if err := r.login.wait(ctx); err != nil {
		return err
	}
	if !r.login.partial {
		r.showLogins()
	}
	return nil
}

// completeLogins chooses again where the Dockerfile has only now been read from its archive.
func (r *run) completeLogins(ctx context.Context) error {
	l := r.login
	if !l.partial {
		return nil
	}
	l.partial = false
	if dockerfile := r.Source.Dockerfile(); dockerfile != nil {
		logins, err := r.loginsFor(ctx, dockerfile)
		if err != nil {
			return err
		}
		l.logins = logins
	}
	r.showLogins()
	return nil
}

func (r *run) showLogins() {
	if logins := r.login.logins; len(logins) > 0 {
		r.Log.Infof("registry login: %s", logins.Summary())
	}
}

// sessionLogin returns what the pod gets.
func (r *run) sessionLogin() session.RegistryAccess {
	l := r.login
	out := session.RegistryAccess{
		Config: l.logins.Config(), Certificates: r.Trust.Certificates, Unverified: r.Trust.Insecure, Proxy: r.Proxies.Pairs(), Secrets: l.logins.Secrets(),
	}
	account := session.AnyAccount
	switch {
	case l.account != "":
		account = l.account
	case r.Pod.Spec.ServiceAccountName != "":
		account = session.NamedAccount
	}
	for _, h := range l.logins.Helpers() {
		out.Clouds = append(out.Clouds, session.CloudLogin{Cloud: h.Cloud, Helper: h.Name, Account: account, Hosts: h.Hosts})
	}
	return out
}
