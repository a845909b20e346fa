package registryauth

import (
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
)

// For any value of --auth: a rule that stays the same when it is written and read again, or an error of one line.
func FuzzParseRule(f *testing.F) {
	for _, seed := range []string{"auto", "gcr", "secret=keys", "secret=", "r.example=local", "r:5000=secret=keys", "docker.io=none", "index.docker.io=none", "a=b=c", "=auto", "secret=auto=gcr", "[::1]:5000=local", "user:hunter2@r=local"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		rule, err := ParseRule(value)
		if err != nil {
			if strings.ContainsAny(err.Error(), "\r\n") {
				t.Errorf("error of several lines: %q", err)
			}
			return
		}
		if back, err := ParseRule(rule.String()); err != nil || back != rule {
			t.Errorf("%q is %+v, and that written and read %+v, %v", value, rule, back, err)
		}
		if _, err := NewRules([]Rule{rule, rule}); err != nil {
			t.Errorf("%v contradicts itself: %v", rule, err)
		}
		if rule.Host != "" {
			if _, err := name.NewRegistry(rule.Host, name.StrictValidation); err != nil {
				t.Errorf("host %q: %v", rule.Host, err)
			}
		}
	})
}

// For any references: registries whose names are valid.
func FuzzRegistries(f *testing.F) {
	for _, seed := range []string{"a.example/a", "a:1", "docker.io/library/a@sha256:00", "a/b/c", "[::1]:5000/a", "a b", "", "$x", "localhost/a", "a.example:443/a"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, ref string) {
		for _, r := range Registries(nil, []string{ref}) {
			if _, err := parseRegistry(r.Host); err != nil {
				t.Errorf("registry %q: %v", r.Host, err)
			}
		}
	})
}
