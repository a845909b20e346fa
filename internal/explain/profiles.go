package explain

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/kubectl-img/kubectl-img/internal/builder"
	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/internal/session"
	"github.com/kubectl-img/kubectl-img/podspec"
)

// FailedProfile is a profile that was tried and does not work.
type FailedProfile struct {
	Profile podspec.Profile
	Reason  string
	Err     error
}

// Isolation returns why err rules out a profile. It returns false where the profile is not the reason.
func Isolation(err error) (reason string, ok bool) {
	var job *session.JobError
	if errors.As(err, &job) && job.Blocked() {
		return job.Message, true
	}
	return builder.IsolationFailure(err)
}

// NoProfile explains that none of the attempts worked in the namespace. Which names the profiles that were allowed.
func NoProfile(which, namespace string, attempts []FailedProfile) error {
	// The hint is for the first attempt that one can help: the most isolated profile.
	hint := "choose nodes that allow more with --node-selector"
	for _, a := range attempts {
		if job := (*session.JobError)(nil); !errors.As(a.Err, &job) {
			hint = cli.Hint(API(a.Err))
			break
		}
	}
	return &explainedError{text: fmt.Sprintf("%s works in namespace %s: %s", which, namespace, summary(attempts)), hint: hint, code: cli.CodePolicy}
}

// summary names each reason once, with the profiles that it holds for.
func summary(attempts []FailedProfile) string {
	var parts []string
	for i := 0; i < len(attempts); {
		names, reason := []string{}, attempts[i].Reason
		for ; i < len(attempts) && attempts[i].Reason == reason; i++ {
			names = append(names, string(attempts[i].Profile))
		}
		parts = append(parts, strings.Join(slices.Compact(names), ", ")+": "+truncate(cli.OneLine(reason)))
	}
	return strings.Join(parts, "; ")
}

func truncate(s string) string {
	const maxRunes = 200
	if r := []rune(s); len(r) > maxRunes {
		return string(r[:maxRunes]) + "…"
	}
	return s
}
