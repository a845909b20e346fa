package build

import (
	"context"
	"fmt"
	"slices"
	"time"

	"k8s.io/pod-security-admission/api"

	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/internal/explain"
	"github.com/kubectl-img/kubectl-img/internal/podsecurity"
	"github.com/kubectl-img/kubectl-img/podspec"
)

// tryProfiles builds with the first profile that works: the cached one, then the most isolated one that the cluster and the pod's own check accept.
// It tries the next profile only where isolation is the reason. A named profile is the only one.
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
	candidates := r.candidates(known)
	for i := 0; i < len(candidates); i++ {
		c := candidates[i]
		r.current = attempt{r.renamed(c), c.Profile != known, cache}
		err := r.inPod(ctx)
		reason, isolation := explain.Isolation(err)
		if !isolation {
			return err
		}
		if c.Profile == known {
			cache.remove()
		}
		failed = append(failed, explain.FailedProfile{Profile: c.Profile, Reason: reason, Err: err})
		if i += failsToo(c, err, candidates[i+1:]); i+1 < len(candidates) {
			r.Log.Info(nextProfile(c.Profile, candidates[i+1].Profile, cli.OneLine(reason)))
		}
	}
	return explain.NoProfile(r.allowed(), r.Pod.Namespace, failed)
}

// failsToo returns how many of the next candidates fail for the same reason: Pod Security level restricted refuses all but profile restricted.
func failsToo(tried Candidate, err error, next []Candidate) int {
	if violated, _ := podsecurity.ViolatedLevel(err.Error()); violated.Level != api.LevelRestricted {
		return 0
	}
	i := slices.IndexFunc(next, func(c Candidate) bool { return c.Profile == podspec.Restricted })
	if tried.Profile == podspec.Restricted || i < 0 {
		return len(next)
	}
	return i
}

func nextProfile(from, to podspec.Profile, reason string) string {
	if from == to {
		return fmt.Sprintf("profile %s does not work here with a user namespace of the pod's own, trying without: %s", from, reason)
	}
	return fmt.Sprintf("profile %s does not work here, trying %s: %s", from, to, reason)
}

// candidates returns every candidate, those of the known profile first.
func (r *run) candidates(known podspec.Profile) []Candidate {
	var first, others []Candidate
	for _, c := range append([]Candidate{{r.Profile, r.Pod}}, r.Fallbacks...) {
		if c.Profile == known {
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
		c.Pod.Name += "-" + string(c.Profile)
		if c.Profile.UserNamespaceOptional() && c.Pod.Spec.HostUsers == nil {
			c.Pod.Name += "-host"
		}
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
