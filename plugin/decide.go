package plugin

import (
	"context"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"

	"github.com/kubectl-img/kubectl-img/internal/builder"
	"github.com/kubectl-img/kubectl-img/internal/registryauth"
	"github.com/kubectl-img/kubectl-img/internal/session"
)

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
	for _, tag := range b.Build.Tags {
		accepted, err := l.logins.CheckPush(ctx, tag, b.Trust)
		if err != nil {
			return err
		}
		l.accept(accepted)
	}
	return nil
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
func (b *build) sessionLogin() session.RegistryAccess {
	l := b.login
	out := session.RegistryAccess{
		Config: l.logins.Config(), Certificates: b.Trust.Certificates, Unverified: b.Trust.Insecure, Proxy: b.Proxies.Pairs(), Secrets: l.logins.Secrets(),
	}
	account := session.AnyAccount
	switch {
	case l.account != "":
		account = l.account
	case b.Pod.Spec.ServiceAccountName != "":
		account = session.NamedAccount
	}
	for _, h := range l.logins.Helpers() {
		out.Clouds = append(out.Clouds, session.CloudLogin{Cloud: h.Cloud, Helper: h.Name, Account: account, Hosts: h.Hosts})
	}
	return out
}

// checkSecrets looks at the Secrets of --auth before the pod is created.
func (b *build) checkSecrets(ctx context.Context) error {
	for _, name := range b.Auth.Secrets() {
		if err := builder.CheckSecret(ctx, b.api.Client(), b.Pod.Namespace, name); err != nil {
			return err
		}
	}
	return nil
}
