package explain

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/kubectl-img/kubectl-img/internal/builder"
	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/internal/engine"
	"github.com/kubectl-img/kubectl-img/internal/registryauth"
	"github.com/kubectl-img/kubectl-img/internal/registryauth/cloud"
	"github.com/kubectl-img/kubectl-img/internal/session"
)

// registryError explains an error that is about a registry or its login; or it returns nil.
func registryError(err error, f Facts) error {
	var rejection *registryauth.Rejection
	var local *registryauth.LocalError
	var noRegistry *registryauth.NoCloudRegistryError
	var secret *builder.SecretError
	switch {
	case errors.As(err, &rejection):
		return rejected(rejection, f)
	case errors.As(err, &local):
		return registryFailed(local, "docker login "+local.Host)
	case errors.As(err, &noRegistry):
		hint := fmt.Sprintf("--auth %s=%s, if the pod's %s identity is to be shown there", noRegistry.Hosts[0], noRegistry.Method, noRegistry.Cloud)
		return registryFailed(noRegistry, hint)
	case errors.As(err, &secret):
		return registryFailed(secret, secretHint(secret.Name, f))
	default:
		return nil
	}
}

// rejected explains why a registry rejects a request. A base image that does not exist is a mistake in the Dockerfile.
func rejected(r *registryauth.Rejection, f Facts) error {
	e := registryFailed(r, rejectionHint(r, f))
	switch r.Cause {
	case registryauth.NotFound:
		e.code = cli.CodeBuild
	case registryauth.Limited, registryauth.ServerError, registryauth.TimedOut, registryauth.Broken:
		e.code = cli.CodeTemporary
	}
	return e
}

func registryFailed(err error, hint string) *explainedError {
	return &explainedError{text: err.Error(), hint: hint, code: cli.CodeRegistry, err: err}
}

// registryRejection recognizes a failed login, and a registry that rejects a request in the words of the engine; or it returns nil.
func registryRejection(job *session.JobError, diagnosis engine.Diagnosis, f Facts) error {
	phase := engine.Phase(job.Phase)
	switch phase {
	case session.PhaseLogin:
		return loginFailed(job, f)
	case engine.PhaseBuild, engine.PhaseOutput, engine.PhasePush:
	default:
		return nil
	}
	login, found := lastRegistry(f)
	if diagnosis.Registry == "" || !found {
		return nil
	}
	cause := diagnosis.Registry
	if phase == engine.PhasePush && cause == registryauth.Unauthorized && slices.Contains(f.Login.Accepted, login.Host) {
		cause = registryauth.Expired
	}
	rejection := login.Rejected(cause, diagnosis.Detail, f.Login.Identity)
	rejection.Push = phase == engine.PhasePush
	return rejected(rejection, f)
}

// lastRegistry returns the registry that the engine named last. Not all of its errors name one, but the lines before them do.
func lastRegistry(f Facts) (registryauth.Login, bool) {
	const maxLines = 20
	seen := 0
	for line := range f.Log.Backward() {
		if login, found := f.Login.Logins.In(line); found {
			return login, true
		}
		if seen++; seen == maxLines {
			break
		}
	}
	return registryauth.Login{}, false
}

// loginFailed explains why the pod could not log in.
func loginFailed(job *session.JobError, f Facts) error {
	logins, rejection := f.Login.Logins, &registryauth.Rejection{Login: true, Detail: job.Message}
	switch job.Code {
	case session.LoginNoSecret:
		rejection.Host, rejection.Identity, rejection.Detail = strings.Join(logins.ByMethod(registryauth.Secret), ", "), "with secret "+job.Message, ""
		rejection.Cause = registryauth.NoLoginFile
		return registryFailed(rejection, secretHint(job.Message, f))
	case session.LoginNoOpenSSL:
		rejection.Host, rejection.Detail, rejection.Cause = job.Message, "", registryauth.NoOpenSSL
		return rejected(rejection, f)
	case session.LoginNoHelper:
		rejection.Cause = registryauth.HelperMissing
	case session.LoginNoIdentity:
		rejection.Cause = logins.IdentityCause(cloud.NoIdentity)
	case session.LoginWrongAccount:
		rejection.Cause, rejection.Detail = logins.IdentityCause(cloud.WrongIdentity), wrongAccount(job.Message, f)
	case session.LoginNoConfig:
		rejection.Cause = registryauth.HelperFailed
	default:
		return nil
	}
	var hosts []string
	for _, h := range logins.Helpers() {
		hosts = append(hosts, h.Hosts...)
	}
	rejection.Host, rejection.Identity = strings.Join(hosts, ", "), "as "+serviceAccount(f)
	return rejected(rejection, f)
}

func wrongAccount(got string, f Facts) string {
	if f.Login.Account != "" {
		return fmt.Sprintf("the pod is %s and not %s", got, f.Login.Account)
	}
	return fmt.Sprintf("the pod is %s, which is its node", got)
}

func serviceAccount(f Facts) string {
	if f.ServiceAccount != "" {
		return "service account " + f.ServiceAccount
	}
	return "the default service account"
}
