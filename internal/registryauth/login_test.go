package registryauth

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func decided(t *testing.T, situation Situation, push, pull []string) Logins {
	t.Helper()
	if situation.Keychain == nil {
		situation.Keychain = keychain()
	}
	logins, err := Decide(t.Context(), Registries(images(push), images(pull)), situation)
	if err != nil {
		t.Fatal(err)
	}
	return logins
}

func TestLogins(t *testing.T) {
	logins := decided(t, Situation{Rules: rules(t, "auto", "quay.io=secret=a", "eu.gcr.io=gcr")}, []string{"ghcr.io"}, []string{"docker.io", "quay.io", "eu.gcr.io", "r.example:5000"})
	var got map[string]map[string]map[string]string
	if err := json.Unmarshal(logins.Config(), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]map[string]map[string]string{"auths": {
		"ghcr.io":                     {"auth": "Ym9iOmNvcnJlY3QtaG9yc2UtYmF0dGVyeQ=="},
		"https://index.docker.io/v1/": {"identitytoken": password},
		"r.example:5000":              {},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]Helper{{"google", "gcr", []string{"eu.gcr.io"}}}, logins.Helpers()); diff != "" {
		t.Errorf("helpers (-want +got):\n%s", diff)
	}
	if !cmp.Equal(logins.Secrets(), []string{"a"}) {
		t.Errorf("secrets %q", logins.Secrets())
	}
	if config := decided(t, Situation{}, []string{"quay.io"}, nil).Config(); config != nil {
		t.Errorf("without any login: %s", config)
	}
}
