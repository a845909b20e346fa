package explain

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/kubectl-img/kubectl-img/internal/builder"
	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/internal/clitest"
	"github.com/kubectl-img/kubectl-img/internal/engine/img"
	"github.com/kubectl-img/kubectl-img/internal/progress"
	"github.com/kubectl-img/kubectl-img/internal/registryauth"
	"github.com/kubectl-img/kubectl-img/internal/session"
)

// rejectedFacts returns what is known of a build whose engine has said something, with a login of every kind.
func rejectedFacts(said string) Facts {
	with := func(host string, method registryauth.Method, secrets ...string) registryauth.Login {
		return registryauth.Login{Registry: registryauth.Registry{Host: host}, Method: method, Secrets: secrets, Credential: registryauth.Credential{User: "bob"}}
	}
	log := progress.NewLog(progress.Plain, img.Img{}, &bytes.Buffer{}, false)
	_, _ = log.Write([]byte("Pushing anonymous.example/app:1...\n" + said + "\n"))
	return Facts{
		Namespace: "ci", ServiceAccount: "builder", Repository: "anonymous.example/app", Log: log, Engine: img.Img{},
		Login: LoginFacts{
			Identity: "builder@project.iam.gserviceaccount.com", Accepted: []string{"accepted.example"},
			Logins: registryauth.Logins{
				with("anonymous.example", "none"), with("local.example", registryauth.Local), with("accepted.example", registryauth.Local),
				with("secret.example", registryauth.Secret, "keys"), with("gcr.io", "gcr"),
			},
		},
	}
}

func TestRegistryRejection(t *testing.T) {
	for name, c := range map[string]struct {
		job   session.JobError
		said  string
		names []string // in the error line
		hint  string
	}{
		"push without a login": {
			session.JobError{Phase: "push"},
			"Error: unexpected response: 401 Unauthorized",
			[]string{"push to anonymous.example anonymously: ", "401 Unauthorized", "choose one with --auth"},
			"docker login anonymous.example",
		},
		"pull with a wrong login": {
			session.JobError{Phase: "build"},
			"failed to solve: failed to do request: Head https://local.example/v2/: unexpected status: 401 Unauthorized",
			[]string{"pull from local.example with the local login of bob: ", "log in to it"},
			"docker login local.example",
		},
		"a login that was good": {
			session.JobError{Phase: "push"},
			"unexpected status code https://accepted.example/v2/: 401 Unauthorized",
			[]string{"accepted.example", "has expired"},
			"docker login accepted.example",
		},
		"a secret's login": {
			session.JobError{Phase: "build"},
			"unexpected status code https://secret.example/v2/: 401 Unauthorized",
			[]string{"with the login in secret keys"},
			"kubectl create secret docker-registry keys -n ci",
		},
		"a right that is missing on Google Cloud": {
			session.JobError{Phase: "push"},
			"unexpected status code https://gcr.io/v2/: 403 Forbidden",
			[]string{"push to gcr.io as builder@project.iam.gserviceaccount.com through docker-credential-gcr", "have it granted"},
			"--member=serviceAccount:builder@project.iam.gserviceaccount.com --role=roles/artifactregistry.writer",
		},
		"unknown host": {
			session.JobError{Phase: "build"},
			"failed to do request: Head https://local.example/v2/: dial tcp: lookup local.example: no such host",
			[]string{"pull from local.example", "no such host"},
			"nslookup local.example",
		},
		"certificate": {
			session.JobError{Phase: "push"},
			"failed to do request: Head https://local.example/v2/: x509: certificate signed by unknown authority",
			[]string{"x509"},
			"--registry-ca FILE",
		},
		"no helper": {
			session.JobError{Phase: session.PhaseLogin, Code: session.LoginNoHelper, Message: "docker-credential-gcr"},
			"",
			[]string{"log in to gcr.io as service account builder: docker-credential-gcr: the builder image lacks"},
			"VERSION-gcr",
		},
		"no metadata server": {
			session.JobError{Phase: session.PhaseLogin, Code: session.LoginNoIdentity, Message: "nothing within 60s"},
			"",
			[]string{"log in to gcr.io", "60s"},
			"--auth local",
		},
		"the node's identity": {
			session.JobError{Phase: session.PhaseLogin, Code: session.LoginWrongAccount, Message: "1-compute@developer.gserviceaccount.com"},
			"",
			[]string{"1-compute@developer.gserviceaccount.com, which is its node"},
			"kubectl annotate serviceaccount -n ci builder",
		},
		"no secret": {
			session.JobError{Phase: session.PhaseLogin, Code: session.LoginNoSecret, Message: "keys"},
			"",
			[]string{"log in to secret.example with secret keys"},
			"kubectl create secret docker-registry keys",
		},
		"no openssl": {
			session.JobError{Phase: session.PhaseLogin, Code: session.LoginNoOpenSSL, Message: "local.example"},
			"",
			[]string{"log in to local.example", "openssl"},
			"--image",
		},
		"a helper that fails": {
			session.JobError{Phase: session.PhaseLogin, Code: session.LoginNoConfig, Message: "no space left"},
			"",
			[]string{"log in to gcr.io", "no space left"},
			"",
		},
	} {
		t.Run(name, func(t *testing.T) {
			var report bytes.Buffer
			if code := cli.Report(Build(&c.job, rejectedFacts(c.said)), &report); code != cli.CodeRegistry {
				t.Errorf("exit code %d", code)
			}
			clitest.CheckReport(t, report.String())
			line, hint, _ := strings.Cut(report.String(), "\n")
			for _, part := range c.names {
				if !strings.Contains(line, part) {
					t.Errorf("error line %q lacks %q", line, part)
				}
			}
			if !strings.Contains(hint, c.hint) {
				t.Errorf("hint %q lacks %q", hint, c.hint)
			}
		})
	}
}

// A failed step is not a registry's rejection, whatever its output looks like. A login that failed for an unknown reason is still a failure.
func TestRegistryRejectionNotRecognized(t *testing.T) {
	for said, c := range map[string]struct {
		job  session.JobError
		code int
	}{
		"executor failed running [/bin/sh -c echo unexpected response: 401 Unauthorized from local.example/]": {session.JobError{Phase: "build"}, cli.CodeBuild},
		"failed to solve: local.example/no/such:image: not found":                                             {session.JobError{Phase: "build"}, cli.CodeBuild},
		"something else about the push":                                                                       {session.JobError{Phase: "push"}, cli.CodeRegistry},
		"":                                                                                                    {session.JobError{Phase: session.PhaseLogin, Code: 1, Message: "exit status 1"}, cli.CodeInternal},
	} {
		var report bytes.Buffer
		if code := cli.Report(Build(&c.job, rejectedFacts(said)), &report); code != c.code {
			t.Errorf("%q: exit code %d, want %d\n%s", said, code, c.code, report.String())
		}
	}
}

func TestRegistryLoginImpossible(t *testing.T) {
	for want, err := range map[string]error{
		"docker login ghcr.io":                          &registryauth.LocalError{Host: "ghcr.io", Err: errors.New("there is none")},
		"--auth quay.io=gcr":                            &registryauth.NoCloudRegistryError{Method: "gcr", Cloud: "Google", Hosts: []string{"quay.io"}},
		"kubectl create secret docker-registry a -n ci": &builder.SecretError{Namespace: "ci", Name: "a", Problem: "there is none"},
	} {
		var report bytes.Buffer
		if code := cli.Report(Build(err, rejectedFacts("")), &report); code != cli.CodeRegistry || !strings.Contains(report.String(), "\nhint: "+want) {
			t.Errorf("%v: exit code %d\n%s", err, code, report.String())
		}
	}
}
