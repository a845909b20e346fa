package buildflags

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/kubectl-img/kubectl-img/internal/build"
	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/podspec"
)

// form is a profile with or without a user namespace of the pod's own.
type form struct {
	profile   podspec.Profile
	hostUsers bool
}

// any reports whether a profile that is tried has a property.
func (f *profileFlags) any(has func(podspec.Profile) bool) bool {
	return slices.ContainsFunc(f.forms, func(tried form) bool { return has(tried.profile) })
}

// notBelow returns the profiles that isolate as much as minimum or more.
func notBelow(minimum podspec.Profile) []podspec.Profile {
	all := podspec.Profiles()
	return all[:slices.Index(all, minimum)+1]
}

// formsOf returns the forms of a profile that isolate as much as minimum or more. A profile that uses a user namespace where the cluster has one works
// without, too.
func formsOf(profile, minimum podspec.Profile) []form {
	forms := []form{{profile: profile}}
	if profile.UserNamespaceOptional() {
		forms = append(forms, form{profile, true})
	}
	return slices.DeleteFunc(forms, func(f form) bool { return !f.profile.Satisfies(minimum, f.hostUsers) })
}

// autoForms returns the order in which auto tries profiles: that of their isolation, with two exceptions, which take more time. Stock copies files where
// userns mounts them, so it comes second. Restricted emulates owners, so it is last: for clusters that admit nothing else.
func autoForms(minimum podspec.Profile) []form {
	var forms []form
	for _, f := range []form{
		{profile: podspec.UserNS},
		{profile: podspec.Stock},
		{profile: podspec.Localhost},
		{podspec.Stock, true},
		{profile: podspec.Unset},
		{profile: podspec.Unconfined},
		{profile: podspec.Restricted},
		{podspec.Restricted, true},
	} {
		if slices.Contains(formsOf(f.profile, minimum), f) {
			forms = append(forms, f)
		}
	}
	return forms
}

// autoProfiles returns the profiles in the order in which auto first tries them.
func autoProfiles() []podspec.Profile {
	var profiles []podspec.Profile
	for _, f := range autoForms(podspec.Unconfined) {
		if !slices.Contains(profiles, f.profile) {
			profiles = append(profiles, f.profile)
		}
	}
	return profiles
}

// checkSlots rejects a number that no pod can have, and one that no selected profile uses.
func (f *profileFlags) checkSlots() error {
	switch {
	case f.slots < 0, f.slots > podspec.MaxSteps, f.typed("slots") && f.slots == 0:
		return f.invalid("slots", strconv.Itoa(f.slots), fmt.Errorf("want a number from 1 to %d", podspec.MaxSteps))
	case f.typed("slots") && !f.any(podspec.Profile.SeparatesSteps):
		return cli.Usagef("--slots has no effect with --profile %s", f.profile).WithHint("--profile " + string(podspec.Stock))
	}
	return nil
}

// withShm leaves out the profiles that can't give build steps a /dev/shm of their own, if a build wants one of this size.
func (f *profileFlags) withShm(size int64) error {
	if size == 0 {
		return nil
	}
	f.forms = slices.DeleteFunc(f.forms, func(tried form) bool { return tried.profile.SeparatesSteps() })
	if len(f.forms) == 0 {
		return cli.Usagef("%s has no effect with --profile %s, whose build steps use the pod's /dev/shm", f.source("shm-size"), f.profile).WithHint("leave it out, or use another --profile")
	}
	return nil
}

// withGit leaves out the profiles in which the engine can't start git.
func (f *profileFlags) withGit(repository bool) error {
	if !repository {
		return nil
	}
	f.forms = slices.DeleteFunc(f.forms, func(tried form) bool { return tried.profile.SeparatesSteps() })
	if len(f.forms) == 0 {
		return cli.Usagef("a git repository can't be a build context with --profile %s, in which git does not start", f.profile).
			WithHint("clone it and name its directory, or use another --profile")
	}
	return nil
}

// slotNames names the containers for build steps after their pod, for the processes in it.
func (f *profileFlags) slotNames(options podspec.Options) []string {
	n := f.slots
	if cpu, asked := options.Requests[corev1.ResourceCPU]; n == 0 && asked && cpu.Cmp(resource.MustParse("2")) >= 0 {
		n = 2
	}
	var names []string
	for i := range max(1, n) {
		names = append(names, fmt.Sprintf("%s-%d", options.Name, i+1))
	}
	return names
}

// candidates returns the pod of each profile to try, for a grace period and further environment variables.
func (f *profileFlags) candidates(options podspec.Options, grace time.Duration, environment map[string]string) ([]build.Candidate, error) {
	var all []build.Candidate
	for _, tried := range f.forms {
		options.Profile, options.HostUsers = tried.profile, tried.hostUsers
		more := maps.Clone(environment)
		if tried.profile.SeparatesSteps() {
			commands, variables := build.Engine(tried.profile).Slots(f.slotNames(options))
			options.StepCommands = commands
			maps.Copy(variables, more)
			more = variables
		}
		options.Env = build.PodEnvironment(options, grace, more)
		pod, err := podspec.Pod(options)
		if err != nil {
			return nil, cli.Usage(err)
		}
		all = append(all, build.Candidate{Profile: tried.profile, Pod: pod})
	}
	return all, nil
}
