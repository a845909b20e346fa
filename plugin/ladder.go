package plugin

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/pod-security-admission/api"

	"github.com/kubectl-img/kubectl-img/internal/builder"
	"github.com/kubectl-img/kubectl-img/internal/podsecurity"
	"github.com/kubectl-img/kubectl-img/internal/session"
	"github.com/kubectl-img/kubectl-img/podspec"
)

// rung is a profile that is being tried.
type rung struct {
	Rung
	trial  bool // it is not known whether it works here
	memory memory
}

// descend builds with the first profile that works: the one that worked before, else the most isolated one that the cluster and the pod's
// own check take. It goes on for reasons of isolation only, and a profile that was named stands alone.
func (b *build) descend(ctx context.Context) error {
	if len(b.Below) == 0 {
		b.rung = rung{Rung: Rung{b.Profile, b.Pod}}
		return b.inPod(ctx)
	}
	dir := b.CacheDir
	if b.leastIsolated() == b.Profile { // it was named, and has two forms: that it works is nothing for auto
		dir = ""
	}
	memory := memoryOf(dir, b.config, b.Pod)
	known := memory.recall(time.Now())
	var refusals []refusal
	rungs := b.order(known)
	for i := 0; i < len(rungs); i++ {
		r := rungs[i]
		b.rung = rung{b.renamed(r), r.Profile != known, memory}
		err := b.inPod(ctx)
		why, refused := refusedFor(err)
		if !refused {
			return err
		}
		if r.Profile == known {
			memory.forget()
		}
		refusals = append(refusals, refusal{r.Profile, why, err})
		if i += hopeless(r, err, rungs[i+1:]); i+1 < len(rungs) {
			b.log.Info(stepDown(r.Profile, rungs[i+1].Profile, oneLine(why)))
		}
	}
	return b.nothingWorks(refusals)
}

// hopeless is how many of the next profiles Pod Security level restricted refuses as well: all but one, if it was not that one.
func hopeless(tried Rung, err error, next []Rung) int {
	if violated, _ := podsecurity.ViolatedLevel(err.Error()); violated.Level != api.LevelRestricted {
		return 0
	}
	i := slices.IndexFunc(next, func(r Rung) bool { return r.Profile == podspec.Restricted })
	if tried.Profile == podspec.Restricted || i < 0 {
		return len(next)
	}
	return i
}

func stepDown(from, to podspec.Profile, why string) string {
	if from == to {
		return fmt.Sprintf("profile %s does not work here with a user namespace of the pod's own, trying without: %s", from, why)
	}
	return fmt.Sprintf("profile %s does not work here, trying %s: %s", from, to, why)
}

// order puts the profile that worked before in front of all others.
func (b *build) order(known podspec.Profile) []Rung {
	var first, others []Rung
	for _, r := range append([]Rung{{b.Profile, b.Pod}}, b.Below...) {
		if r.Profile == known {
			first = append(first, r)
		} else {
			others = append(others, r)
		}
	}
	return append(first, others...)
}

// renamed gives the pod a name of its own where another one of this run may still be on its way out.
func (b *build) renamed(r Rung) Rung {
	if b.created {
		r.Pod = r.Pod.DeepCopy()
		r.Pod.Name += "-" + string(r.Profile)
		if r.Profile.UserNamespaceOptional() && r.Pod.Spec.HostUsers == nil {
			r.Pod.Name += "-host"
		}
	}
	return r
}

// refusedFor says why a profile does not work; it is no reason of isolation where refused is false.
func refusedFor(err error) (why string, refused bool) {
	var job *session.JobError
	if errors.As(err, &job) && job.Blocked() {
		return job.Message, true
	}
	return builder.IsolationFailure(err)
}

// refusedRung tells that the pod is given up for another one, and so is of no use to whoever wants to keep one.
func (b *build) refusedRung(err error) bool {
	_, refused := refusedFor(err)
	return refused && len(b.Below) > 0
}

// cleared takes the pod's word that it is as isolated as was asked for.
func (b *build) cleared() {
	if len(b.Below) == 0 {
		return
	}
	if b.rung.trial {
		if err := b.rung.memory.keep(b.rung.Profile); err != nil {
			b.log.Debugf("the profile is not remembered: %v", err)
		}
	}
	if p := b.rung.Profile; !p.NeedsNodeProfiles() {
		b.log.Warnf("profile %s isolates less than the others: nothing filters the pod's system calls; --min-profile localhost refuses it", p)
	}
}

// refusal is a profile that does not work, and why.
type refusal struct {
	profile podspec.Profile
	why     string
	err     error
}

// ladderError says that no profile works, and for each what is in the way.
type ladderError struct {
	text, hint string
}

func (e *ladderError) Error() string { return e.text }

// Hint is what helps the most isolated profile that it can help.
func (e *ladderError) Hint() string { return e.hint }

// ExitCode is that of a refusal by policy.
func (e *ladderError) ExitCode() int { return codePolicy }

func (b *build) nothingWorks(refusals []refusal) error {
	hint := "choose nodes that allow more with --node-selector"
	for _, r := range refusals {
		if job := (*session.JobError)(nil); !errors.As(r.err, &job) {
			hint = hintOf(r.err)
			break
		}
	}
	which := "no profile"
	switch least := b.leastIsolated(); {
	case least == b.Profile:
		which = fmt.Sprintf("no form of profile %s", least)
	case least != podspec.Unconfined:
		which = fmt.Sprintf("no profile down to %s, the least that is allowed,", least)
	}
	return &ladderError{text: fmt.Sprintf("%s works in namespace %s: %s", which, b.Pod.Namespace, summary(refusals)), hint: hint}
}

func (b *build) leastIsolated() podspec.Profile {
	all := podspec.Profiles()
	least := b.Profile
	for _, r := range b.Below {
		if slices.Index(all, r.Profile) > slices.Index(all, least) {
			least = r.Profile
		}
	}
	return least
}

// summary names each reason once, shortly, with the profiles that it holds for.
func summary(refusals []refusal) string {
	var parts []string
	for i := 0; i < len(refusals); {
		names, why := []string{}, refusals[i].why
		for ; i < len(refusals) && refusals[i].why == why; i++ {
			names = append(names, string(refusals[i].profile))
		}
		parts = append(parts, strings.Join(slices.Compact(names), ", ")+": "+shortened(oneLine(why)))
	}
	return strings.Join(parts, "; ")
}

func shortened(s string) string {
	const enough = 200 // runes
	if r := []rune(s); len(r) > enough {
		return string(r[:enough]) + "…"
	}
	return s
}

// preflightHint helps with a named profile; auto helps itself.
func preflightHint(job *session.JobError) string {
	if job.Blocked() {
		return "--profile auto takes the most isolated profile that works here"
	}
	return "use the builder image of this release, or see its requirements in the README"
}
