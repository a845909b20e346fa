package registryauth

import (
	"regexp"
	"strings"
	"testing"

	"github.com/kubectl-img/kubectl-img/internal/registryauth/cloud"
)

// Every cloud fits together with the others and with the supervisor.
func TestClouds(t *testing.T) {
	taken := map[string]bool{string(auto): true, string(Local): true, string(Secret): true, string(none): true}
	take := func(t *testing.T, name string) {
		if taken[name] || !regexp.MustCompile(`^[a-z]+$`).MatchString(name) {
			t.Errorf("the name %q is taken or no word", name)
		}
		taken[name] = true
	}
	for _, c := range clouds() {
		d := c.Description()
		t.Run(d.Name, func(t *testing.T) {
			take(t, d.Name)
			if !strings.Contains("\n"+d.Script, "\nlogin_"+d.Name+"() {") {
				t.Errorf("the script defines no function login_%s", d.Name)
			}
			if d.Title == "" || d.NoIdentity == "" || d.WrongIdentity == "" || len(d.Methods) == 0 {
				t.Errorf("the description lacks a part: %+v", d)
			}
			for _, m := range d.Methods {
				take(t, m.Name)
				if rule, err := ParseRule(m.Name); err != nil || rule.Method != Method(m.Name) {
					t.Errorf("method %s is read as %v, %v", m.Name, rule, err)
				}
				if m.Program == "" || m.Description == "" {
					t.Errorf("method %s lacks a part", m.Name)
				}
			}
			if _, err := ParseRule(string(anyHelper(c))); err == nil {
				t.Errorf("users can name the method %s", anyHelper(c))
			}
		})
	}
}

func TestMethods(t *testing.T) {
	if got, want := Methods(), "auto, gcloud, gcr, local, secret=NAME or none"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestCloudHint(t *testing.T) {
	logins := Logins{
		{Registry: Registry{Host: "gcr.io"}, Method: "gcr"},
		{Registry: Registry{Host: "quay.io"}, Method: Local},
	}
	for name, c := range map[string]struct {
		logins    Logins
		rejection *Rejection
		want      string
	}{
		"a registry of the cloud":                  {logins, &Rejection{Host: "gcr.io", Cause: Forbidden, Push: true}, "roles/artifactregistry.writer"},
		"an expired login":                         {logins, &Rejection{Host: "gcr.io", Cause: Expired}, "get-iam-policy"},
		"another registry":                         {logins, &Rejection{Host: "quay.io", Cause: Forbidden}, ""},
		"a problem that is not the cloud's":        {logins, &Rejection{Host: "gcr.io", Cause: UnknownHost}, ""},
		"no identity, before a registry was asked": {logins, &Rejection{Host: "gcr.io, eu.gcr.io", Login: true, Cause: logins.IdentityCause(cloud.NoIdentity)}, "outside Google Cloud"},
		"the wrong identity":                       {logins, &Rejection{Host: "gcr.io, eu.gcr.io", Login: true, Cause: logins.IdentityCause(cloud.WrongIdentity)}, "kubectl annotate"},
		"a build without a cloud":                  {logins[1:], &Rejection{Host: "r.example", Cause: HelperMissing}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := c.logins.CloudHint(c.rejection, cloud.FailedLogin{Namespace: "ci", ServiceAccount: "builder"})
			if !strings.Contains(got, c.want) || (got == "") != (c.want == "") {
				t.Errorf("hint %q lacks %q", got, c.want)
			}
		})
	}
}
