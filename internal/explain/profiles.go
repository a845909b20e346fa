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
	Err     error // of the pod; a profile that was skipped has that of the pod that failed in its place
}

// Isolation returns why err rules out a profile. It returns false where the profile is not the reason.
func Isolation(err error) (refusal builder.Refusal, ok bool) {
	var job *session.JobError
	if errors.As(err, &job) && job.Blocked() {
		return builder.Refusal{Reason: job.Message, Control: controlOf(job)}, true
	}
	return builder.IsolationFailure(err)
}

const hintOtherNodes = "choose nodes that allow more with --node-selector"

// NoProfile explains that none of the attempts worked in the namespace. Which names the profiles that were allowed.
func NoProfile(which, namespace string, attempts []FailedProfile) error {
	// The hint is for the first attempt that one can help: the most isolated profile.
	hint := hintOtherNodes
	for _, a := range attempts {
		if known := attemptHint(a.Err); known != "" {
			hint = known
			break
		}
	}
	if !slices.ContainsFunc(attempts, func(a FailedProfile) bool { return !stepsRefused(a.Err) }) {
		hint = hintSteps
	}
	return &explainedError{text: fmt.Sprintf("%s works in namespace %s: %s", which, namespace, summary(attempts)), hint: hint, code: cli.CodePolicy}
}

// hintSteps helps against the most likely reason why build steps can't run in a container of their own.
const hintSteps = "use the builder image of this release, or another --profile"

// stepsRefused reports whether build steps can't run in a container of their own.
func stepsRefused(err error) bool {
	refusal, _ := Isolation(err)
	return refusal.Control == podspec.StepContainers
}

// attemptHint is empty for a failure against which only other nodes help.
func attemptHint(err error) string {
	if job := (*session.JobError)(nil); errors.As(err, &job) {
		return ProfileHint(err)
	}
	return cli.Hint(API(err))
}

// ProfileHint names what makes a profile work that the pod's check has ruled out; it is empty where only other nodes help, and for any other error.
func ProfileHint(err error) string {
	if job := (*session.JobError)(nil); errors.As(err, &job) {
		return controlHint(controlOf(job))
	}
	return ""
}

// controlHint names what an administrator can install against a control that the pod's check has found; it is empty where nothing helps.
func controlHint(control podspec.Control) string {
	switch control {
	case podspec.AppArmor, podspec.NoAppArmor:
		return "kubectl img setup --profiles --apparmor | kubectl apply -f - loads a profile on the nodes; name it with --apparmor-profile " + podspec.InstalledAppArmorProfile
	case podspec.Seccomp:
		return "kubectl img setup --profiles | kubectl apply -f - puts the seccomp profile of this release on the nodes; use it with --profile userns or localhost"
	default:
		return ""
	}
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
