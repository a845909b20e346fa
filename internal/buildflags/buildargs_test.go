package buildflags

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-img/kubectl-img/internal/cli"
)

func TestReadBuildArgs(t *testing.T) {
	for name, c := range map[string]struct {
		env, flags, want []string
		err              string
	}{
		"from the environment":              {env: []string{"A=1"}, flags: []string{"A", "B", "C="}, want: []string{"A=1", "C="}},
		"the epoch of the environment":      {env: []string{"SOURCE_DATE_EPOCH=17"}, want: []string{"SOURCE_DATE_EPOCH=17"}},
		"the epoch of the flag is the last": {env: []string{"SOURCE_DATE_EPOCH=17"}, flags: []string{"SOURCE_DATE_EPOCH=18"}, want: []string{"SOURCE_DATE_EPOCH=17", "SOURCE_DATE_EPOCH=18"}},
		"no epoch":                          {env: []string{"SOURCE_DATE_EPOCH=17"}, flags: []string{"SOURCE_DATE_EPOCH="}, want: []string{"SOURCE_DATE_EPOCH=17", "SOURCE_DATE_EPOCH="}},
		"an epoch that is no number":        {env: []string{"SOURCE_DATE_EPOCH=today"}, err: "SOURCE_DATE_EPOCH=today: want seconds since 1970"},
		"an epoch before 1970":              {flags: []string{"SOURCE_DATE_EPOCH=-1"}, err: "SOURCE_DATE_EPOCH=-1: want seconds since 1970"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := (&input{}).readBuildArgs(c.flags, cli.Environment(c.env))
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Errorf("%v, want %q", err, c.err)
				}
				return
			}
			if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
		})
	}
}
