package build

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/pod-security-admission/api"

	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/internal/explain"
	"github.com/kubectl-img/kubectl-img/internal/podsecurity"
	"github.com/kubectl-img/kubectl-img/podspec"
)

// tryProfiles builds with the first profile that works: the cached one, then the most isolated one that the cluster and the pod's own check accept.
// It tries the next profile only where isolation is the reason, and skips those that the same control refuses. A named profile is the only one.
func (r *run) tryProfiles(ctx context.Context) error {
	if len(r.Fallbacks) == 0 {
		return r.inPod(ctx)
	}
	dir := r.CacheDir
	if r.leastIsolated() == r.Profile { // a named profile that has two forms; success says nothing about auto
		dir = ""
	}
	cache := newProfileCache(dir, r.Config, r.Pod)
	known := cache.get(time.Now())
	var failed []explain.FailedProfile
	next := r.candidates(known)
	for len(next) > 0 {
		c := next[0]
		r.current = attempt{r.renamed(c), c.form() != known, cache}
		err := r.inPod(ctx)
		refusal, isolation := explain.Isolation(err)
		if !isolation {
			return err
		}
		if c.form() == known {
			cache.remove()
		}
		var skipped []Candidate
		skipped, next = refusedToo(c, refusal.Control, withinLevel(c, err, next[1:]))
		for _, s := range append([]Candidate{c}, skipped...) {
			failed = append(failed, explain.FailedProfile{Profile: s.Profile, Reason: refusal.Reason, Err: err})
		}
		if len(next) > 0 {
			r.Log.Info(nextProfile(c, next[0], cli.OneLine(refusal.Reason)))
			r.logSkipped(skipped, next)
			if hint := explain.ProfileHint(err); hint != "" {
				r.Log.Infof("for profile %s: %s", c.Profile, hint)
			}
		}
	}
	return explain.NoProfile(r.allowed(), r.Pod.Namespace, failed)
}

// withinLevel returns the candidates that can pass the level for which Pod Security refused the tried one: level restricted refuses all but profile
// restricted.
func withinLevel(tried Candidate, err error, next []Candidate) []Candidate {
	violated, _ := podsecurity.ViolatedLevel(err.Error())
	if violated.Level != api.LevelRestricted {
		return next
	}
	return slices.DeleteFunc(slices.Clone(next), func(c Candidate) bool {
		return c.Profile != podspec.Restricted || tried.Profile == podspec.Restricted
	})
}

// refusedToo separates the candidates that the control refuses as it has refused the tried one from those that are left.
func refusedToo(tried Candidate, control podspec.Control, next []Candidate) (refused, left []Candidate) {
	for _, c := range next {
		if control.RefusesToo(tried.Pod, c.Profile, c.Pod) {
			refused = append(refused, c)
		} else {
			left = append(left, c)
		}
	}
	return refused, left
}

func nextProfile(from, to Candidate, reason string) string {
	if from.Profile == to.Profile && to.withoutUserNamespace() {
		return fmt.Sprintf("profile %s does not work here with a user namespace of the pod's own, trying without: %s", from.Profile, reason)
	}
	form := ""
	if to.withoutUserNamespace() {
		form = " without a user namespace of the pod's own"
	}
	return fmt.Sprintf("profile %s does not work here, trying %s%s: %s", from.Profile, to.Profile, form, reason)
}

// logSkipped names the profiles that are not tried, in one line. A profile of which another form is left is no such profile.
func (r *run) logSkipped(skipped, left []Candidate) {
	var names []string
	for _, c := range skipped {
		another := slices.ContainsFunc(left, func(l Candidate) bool { return l.Profile == c.Profile })
		if !another && !slices.Contains(names, string(c.Profile)) {
			names = append(names, string(c.Profile))
		}
	}
	if len(names) > 0 {
		r.Log.Infof("skipping %s, which would fail for the same reason", strings.Join(names, ", "))
	}
}

// candidates returns every candidate, the known form of a profile first.
func (r *run) candidates(known podspec.Profile) []Candidate {
	var first, others []Candidate
	for _, c := range append([]Candidate{{r.Profile, r.Pod}}, r.Fallbacks...) {
		if c.form() == known {
			first = append(first, c)
		} else {
			others = append(others, c)
		}
	}
	return append(first, others...)
}

// renamed gives the pod a name of its own where another pod of this run may still be terminating.
func (r *run) renamed(c Candidate) Candidate {
	if r.created {
		c.Pod = c.Pod.DeepCopy()
		c.Pod.Name += "-" + string(c.form())
	}
	return c
}

// allowed describes the profiles that were tried in vain.
func (r *run) allowed() string {
	switch least := r.leastIsolated(); {
	case least == r.Profile:
		return fmt.Sprintf("no form of profile %s", least)
	case least != podspec.Unconfined:
		return fmt.Sprintf("no profile down to %s, the least that is allowed,", least)
	default:
		return "no profile"
	}
}

func (r *run) leastIsolated() podspec.Profile {
	all := podspec.Profiles()
	least := r.Profile
	for _, c := range r.Fallbacks {
		if slices.Index(all, c.Profile) > slices.Index(all, least) {
			least = c.Profile
		}
	}
	return least
}
