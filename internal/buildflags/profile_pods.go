package buildflags

import (
	"fmt"
	"maps"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/kubectl-img/kubectl-img/internal/build"
	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/podspec"
)

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
