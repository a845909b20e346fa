package google

import (
	"strings"
	"testing"

	"github.com/kubectl-img/kubectl-img/internal/registryauth/cloud"
)

func TestServes(t *testing.T) {
	for host, want := range map[string]bool{
		"gcr.io": true, "eu.gcr.io": true, "europe-west1-docker.pkg.dev": true, "docker.europe-west1.rep.pkg.dev": true,
		"docker.io": false, "ghcr.io": false, "xgcr.io": false, "pkg.dev.example.com": false, "gcr.io.example.com": false,
	} {
		t.Run(host, func(t *testing.T) {
			if got := (Google{}).Serves(host); got != want {
				t.Errorf("%v", got)
			}
		})
	}
}

func TestHint(t *testing.T) {
	push := cloud.FailedLogin{Push: true, Namespace: "ci", ServiceAccount: "builder", Account: "a@b"}
	pull := cloud.FailedLogin{Namespace: "ci", ServiceAccount: "builder"}
	for name, c := range map[string]struct {
		problem cloud.Problem
		login   cloud.FailedLogin
		want    string // a part of the hint; empty for none
	}{
		"no helper":               {cloud.HelperMissing, pull, "VERSION-gcr"},
		"no identity":             {cloud.NoIdentity, pull, "--auth local"},
		"the identity of a node":  {cloud.WrongIdentity, pull, "kubectl annotate serviceaccount -n ci builder iam.gke.io/gcp-service-account="},
		"a login that is unknown": {cloud.Unauthorized, pull, "get-iam-policy"},
		"no right to push":        {cloud.Forbidden, push, "--member=serviceAccount:a@b --role=roles/artifactregistry.writer"},
		"no right to pull":        {cloud.Forbidden, pull, "--member=serviceAccount:NAME@PROJECT.iam.gserviceaccount.com --role=roles/artifactregistry.reader"},
		"something else":          {"", pull, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := (Google{}).Hint(c.problem, c.login)
			if !strings.Contains(got, c.want) || (got == "") != (c.want == "") {
				t.Errorf("hint %q lacks %q", got, c.want)
			}
		})
	}
}
