package plugin

import (
	"errors"
	"fmt"
	"strings"

	"github.com/kubectl-img/kubectl-img/internal/builder"
	"github.com/kubectl-img/kubectl-img/internal/engine"
	"github.com/kubectl-img/kubectl-img/internal/registryauth"
	"github.com/kubectl-img/kubectl-img/internal/registryauth/cloud"
	"github.com/kubectl-img/kubectl-img/internal/session"
)

// registryError is a registry that could not be used, in the user's terms.
type registryError struct {
	err  error
	hint string
}

func (e *registryError) Error() string { return e.err.Error() }
func (e *registryError) Unwrap() error { return e.err }

// Hint is a command or a setting that helps.
func (e *registryError) Hint() string { return e.hint }

// ExitCode is that of a registry's refusal; a base image that is not there is a mistake in the Dockerfile.
func (e *registryError) ExitCode() int {
	if refusal := (*registryauth.Refusal)(nil); errors.As(e.err, &refusal) && refusal.Cause == registryauth.NotFound {
		return codeBuild
	}
	return codeRegistry
}

// explainRegistry recognizes what has to do with registry logins, or returns nil.
func (b *build) explainRegistry(err error) error {
	var refusal *registryauth.Refusal
	var local *registryauth.LocalError
	var noRegistry *registryauth.NoCloudRegistryError
	var secret *builder.SecretError
	switch {
	case errors.As(err, &refusal):
		return &registryError{refusal, b.hintFor(refusal)}
	case errors.As(err, &local):
		return &registryError{local, "docker login " + local.Host}
	case errors.As(err, &noRegistry):
		return &registryError{noRegistry, fmt.Sprintf("--auth %s=%s, if the pod's %s identity is to be shown there", noRegistry.Hosts[0], noRegistry.Method, noRegistry.Cloud)}
	case errors.As(err, &secret):
		return &registryError{secret, b.secretHint(secret.Name)}
	default:
		return nil
	}
}

// refused recognizes a failed login, and a registry's refusal in the engine's last words; or returns nil.
func (b *build) refused(job *session.JobError, phase engine.Phase, said string) error {
	switch phase {
	case session.PhaseLogin:
		return b.explainLogin(job)
	case engine.PhaseBuild, engine.PhaseOutput, engine.PhasePush:
	default:
		return nil
	}
	cause, detail, ok := registryauth.Diagnose(said)
	if !ok {
		return nil
	}
	login, found := b.lastRegistry()
	if !found {
		return nil
	}
	if phase == engine.PhasePush && cause == registryauth.Unauthorized && b.login.hadAccepted(login.Host) {
		cause = registryauth.Expired
	}
	refusal := login.Refused(cause, detail, b.login.address())
	refusal.Push = phase == engine.PhasePush
	return b.explainRegistry(refusal)
}

// lastRegistry is the one that the engine named last: not every one of its errors has a name in it, but the lines before do.
func (b *build) lastRegistry() (registryauth.Login, bool) {
	const enough = 20 // lines
	seen := 0
	for line := range b.output.backward() {
		if login, found := b.login.logins.In(line); found {
			return login, true
		}
		if seen++; seen == enough {
			break
		}
	}
	return registryauth.Login{}, false
}

// explainLogin says what kept the pod from logging in.
func (b *build) explainLogin(job *session.JobError) error {
	logins, refusal := b.login.logins, &registryauth.Refusal{Login: true, Detail: job.Message}
	switch job.Code {
	case session.LoginNoSecret:
		refusal.Host, refusal.Identity, refusal.Detail = strings.Join(logins.ByMethod(registryauth.Secret), ", "), "with secret "+job.Message, ""
		refusal.Cause = registryauth.NoLoginFile
		return &registryError{refusal, b.secretHint(job.Message)}
	case session.LoginNoOpenSSL:
		refusal.Host, refusal.Detail, refusal.Cause = job.Message, "", registryauth.NoOpenSSL
		return b.explainRegistry(refusal)
	case session.LoginNoHelper:
		refusal.Cause = registryauth.HelperMissing
	case session.LoginNoIdentity:
		refusal.Cause = logins.IdentityCause(cloud.NoIdentity)
	case session.LoginWrongAccount:
		refusal.Cause, refusal.Detail = logins.IdentityCause(cloud.WrongIdentity), b.wrongAccount(job.Message)
	case session.LoginNoConfig:
		refusal.Cause = registryauth.HelperFailed
	default:
		return nil
	}
	var hosts []string
	for _, h := range logins.Helpers() {
		hosts = append(hosts, h.Hosts...)
	}
	refusal.Host, refusal.Identity = strings.Join(hosts, ", "), "as "+b.serviceAccount()
	return b.explainRegistry(refusal)
}

func (b *build) wrongAccount(got string) string {
	if b.login.account != "" {
		return fmt.Sprintf("the pod is %s and not %s", got, b.login.account)
	}
	return fmt.Sprintf("the pod is %s, which is its node", got)
}

func (b *build) serviceAccount() string {
	if name := b.Pod.Spec.ServiceAccountName; name != "" {
		return "service account " + name
	}
	return "the default service account"
}
