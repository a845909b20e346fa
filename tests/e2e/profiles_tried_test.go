package e2e_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// profilesTried are the profiles of a run.
type profilesTried struct {
	failed []string
	built  string // the profile of the last pod; empty without a pod
}

var (
	failedProfile = regexp.MustCompile(`(?m)^profile (\w+) does not work here, trying \w+(?: without a user namespace of the pod's own)?: .`)
	podProfile    = regexp.MustCompile(`(?m)^created builder pod \S+ \(profile (\w+)\)$`)
)

func (r result) profilesTried() profilesTried {
	var d profilesTried
	for _, m := range failedProfile.FindAllStringSubmatch(r.stderr, -1) {
		d.failed = append(d.failed, m[1])
	}
	if pods := podProfile.FindAllStringSubmatch(r.stderr, -1); pods != nil {
		d.built = pods[len(pods)-1][1]
	}
	return d
}

// tried checks which profile built, and which failed before it. There must be a warning about a profile that isolates less than the others.
func (r result) tried(t *testing.T, built string, failed ...string) result {
	t.Helper()
	if d := r.profilesTried(); d.built != built || !slices.Equal(d.failed, failed) {
		t.Errorf("built with %s after %s, want %s after %s:\n%s", d.built, d.failed, built, failed, r.stderr)
	}
	weak := built == "unset" || built == "unconfined"
	if said := strings.Contains(r.stderr, "warning: profile "+built+" isolates less"); said != weak {
		t.Errorf("warning about profile %s: %v:\n%s", built, said, r.stderr)
	}
	return r
}
