package registryauth

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseRule(t *testing.T) {
	for value, want := range map[string]Rule{
		"auto":                    {Method: auto},
		"gcloud":                  {Method: "gcloud"},
		"none":                    {Method: none},
		"secret=keys":             {Method: Secret, Secret: "keys"},
		"ghcr.io=local":           {Host: "ghcr.io", Method: Local},
		"r.example:5000=gcr":      {Host: "r.example:5000", Method: "gcr"},
		"docker.io=secret=hub":    {Host: "docker.io", Method: Secret, Secret: "hub"},
		"index.docker.io=none":    {Host: "docker.io", Method: none},
		"localhost:5000=secret=a": {Host: "localhost:5000", Method: Secret, Secret: "a"},
	} {
		got, err := ParseRule(value)
		if err != nil || got != want {
			t.Errorf("%q: %+v, %v; want %+v", value, got, err, want)
		}
	}
	for _, value := range []string{"", "=", "secret", "secret=", "gclod", "ghcr.io", "ghcr.io=", "ghcr.io=gclod", "ghcr.io/team=gcr", "https://ghcr.io=gcr", "a@b=gcr", "=gcr", "ghcr.io=secret="} {
		if got, err := ParseRule(value); err == nil {
			t.Errorf("%q was read as %+v", value, got)
		}
	}
}

func TestParseRuleErrorsRepeatNoSecret(t *testing.T) {
	for _, value := range []string{"hunter2", "ghcr.io=hunter2", "user:hunter2@ghcr.io=gcr", "hunter2/x=gcr"} {
		if _, err := ParseRule(value); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: %v", value, err)
		}
	}
}

func rules(t *testing.T, values ...string) Rules {
	t.Helper()
	var all []Rule
	for _, value := range values {
		rule, err := ParseRule(value)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, rule)
	}
	checked, err := NewRules(all)
	if err != nil {
		t.Fatal(err)
	}
	return checked
}

func TestNewRules(t *testing.T) {
	for _, pair := range [][2]string{{"gcr", "local"}, {"secret=a", "local"}, {"ghcr.io=none", "ghcr.io=secret=a"}} {
		first, _ := ParseRule(pair[0])
		second, _ := ParseRule(pair[1])
		_, err := NewRules([]Rule{first, second})
		if err == nil || !strings.Contains(err.Error(), pair[0]) || !strings.Contains(err.Error(), pair[1]) {
			t.Errorf("%q: %v", pair, err)
		}
	}
	rules(t, "gcr", "gcr", "ghcr.io=local", "quay.io=none", "docker.io=secret=a", "docker.io=secret=b")
}

func TestRulesFind(t *testing.T) {
	r := rules(t, "gcr", "ghcr.io=local", "quay.io=secret=a", "quay.io=secret=b")
	for host, want := range map[string]Method{"ghcr.io": Local, "quay.io": Secret, "docker.io": "gcr"} {
		if got, _, named := r.find(host); got != want || named != (host != "docker.io") {
			t.Errorf("%s: %s, named %v", host, got, named)
		}
	}
	if _, secrets, _ := r.find("quay.io"); !cmp.Equal(secrets, []string{"a", "b"}) {
		t.Errorf("secrets %q", secrets)
	}
	if got, _, _ := Rules(nil).find("ghcr.io"); got != auto {
		t.Errorf("without rules: %s", got)
	}
	if got := r.Secrets(); !cmp.Equal(got, []string{"a", "b"}) {
		t.Errorf("secrets %q", got)
	}
}
