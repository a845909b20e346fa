package buildflags

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/internal/complete"
	"github.com/kubectl-img/kubectl-img/podspec"
)

// ProfileAuto stands for the most isolated profile that works.
const ProfileAuto = "auto"

// profileFlags say how isolated the pod is.
type profileFlags struct {
	*input

	profile         string
	minProfile      string
	seccompProfile  string
	appArmorProfile string
	strictOwnership bool

	slots int // 0 for the default

	forms []form // to be tried in this order
}

func (f *profileFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&f.profile, "profile", ProfileAuto, "Isolation `PROFILE`; auto tries "+ProfileNames(autoProfiles()))
	flags.StringVar(&f.minProfile, "min-profile", string(podspec.Unconfined), "Least isolated `PROFILE` that may be used; of the flag and its variable, the stricter one counts")
	flags.StringVar(&f.seccompProfile, "seccomp-profile", podspec.DefaultSeccompProfile, "`PATH` below the kubelet's seccomp directory, for --profile userns, restricted and localhost")
	flags.StringVar(&f.appArmorProfile, "apparmor-profile", "", "AppArmor profile `NAME` that the nodes have loaded, for --profile userns, restricted and localhost")
	flags.IntVar(&f.slots, "slots", 0, "With --profile stock: `NUMBER` of containers for build steps, each for one stage at a time (default 1, or 2 with a request of 2 CPUs or more)")
	flags.BoolVar(&f.strictOwnership, "strict-ownership", false, "With --profile restricted: fail if the owner of a file can't be kept")
}

func completeProfile() complete.Table {
	return complete.Table{
		"profile":     complete.Profiles(cobra.CompletionWithDesc(ProfileAuto, "the first of them that works")),
		"min-profile": complete.Profiles(), "seccomp-profile": complete.Nothing, "apparmor-profile": complete.Nothing,
		"slots": complete.Nothing,
	}
}

// ProfileNames lists profiles for a text.
func ProfileNames(profiles []podspec.Profile) string {
	var names []string
	for _, p := range profiles {
		names = append(names, string(p))
	}
	return strings.Join(names, ", ")
}

// belowMinimumError is a profile that the platform does not allow.
type belowMinimumError struct {
	asked, minimum string // as they were given
	allowed        []podspec.Profile
}

func (e *belowMinimumError) Error() string {
	return fmt.Sprintf("%s isolates less than %s allows", e.asked, e.minimum)
}

// Hint names the profiles that are left.
func (e *belowMinimumError) Hint() string {
	return "--profile " + ProfileAuto + ", " + ProfileNames(e.allowed)
}

// ExitCode is that of a refusal by policy.
func (e *belowMinimumError) ExitCode() int { return cli.CodePolicy }

// read decides which profiles are tried, and in which order.
func (f *profileFlags) read(options *podspec.Options) error {
	minimum, source, err := f.readMinimum()
	if err != nil {
		return err
	}
	allowed := notBelow(minimum)
	named := podspec.Profile(f.profile)
	switch {
	case f.profile == ProfileAuto:
		f.forms = autoForms(minimum)
	case !slices.Contains(podspec.Profiles(), named):
		return f.invalid("profile", f.profile, fmt.Errorf("want one of %s, %s", ProfileAuto, ProfileNames(podspec.Profiles())))
	case !slices.Contains(allowed, named):
		return &belowMinimumError{f.assignment("profile", f.profile), source, allowed}
	default:
		f.forms = formsOf(named, minimum)
	}
	if f.typed("strict-ownership") && !f.any(podspec.Profile.EmulatesOwners) {
		return cli.Usagef("--strict-ownership has no effect with --profile %s, which keeps every owner", f.profile).WithHint("leave it out")
	}
	options.SeccompProfile, options.AppArmorProfile = f.seccompProfile, f.appArmorProfile
	if err := f.checkSlots(); err != nil {
		return err
	}
	return f.checkSeccompProfile()
}

// readMinimum returns the stricter one of the flag and the variable, and how the user gave it. A platform sets the variable; a flag
// must not undo it.
func (f *profileFlags) readMinimum() (minimum podspec.Profile, source string, err error) {
	const flag = "min-profile"
	want := fmt.Errorf("want one of %s", ProfileNames(podspec.Profiles()))
	minimum, source = podspec.Profile(f.minProfile), f.assignment(flag, f.minProfile)
	if !slices.Contains(podspec.Profiles(), minimum) {
		return "", "", f.invalid(flag, f.minProfile, want)
	}
	value, _ := f.proc.Env.Lookup(cli.Variable(flag))
	if value == "" || !f.typed(flag) {
		return minimum, source, nil
	}
	platform := podspec.Profile(value)
	if !slices.Contains(podspec.Profiles(), platform) {
		return "", "", cli.InvalidValue(cli.Variable(flag), value, want)
	}
	if slices.Contains(notBelow(platform), minimum) {
		return minimum, source, nil
	}
	f.warnings = append(f.warnings, fmt.Sprintf("%s is less than %s=%s, which counts", source, cli.Variable(flag), value))
	return platform, cli.Variable(flag) + "=" + value, nil
}

// checkSeccompProfile rejects a path that the API server would reject, and one that no selected profile uses.
func (f *profileFlags) checkSeccompProfile() error {
	file := f.seccompProfile
	switch {
	case file == "":
		return f.invalid("seccomp-profile", file, errors.New("want a path below the kubelet's seccomp directory"))
	case path.IsAbs(file), slices.Contains(strings.Split(file, "/"), ".."), strings.Contains(file, `\`):
		return f.invalid("seccomp-profile", file, errors.New("want a path without .. below the kubelet's seccomp directory"))
	}
	// In the environment it is a site's setting, which must not break a build with another profile.
	if f.typed("seccomp-profile") && !f.any(podspec.Profile.NeedsNodeProfiles) {
		return cli.Usagef("--seccomp-profile has no effect with --profile %s", f.profile).WithHint("--profile localhost or --profile userns")
	}
	return nil
}

// checkAppArmor rejects a name that the API server would reject, and one that no selected profile uses.
func (f *profileFlags) checkAppArmor(*podspec.Options) error {
	const maxNameBytes = 4095 // as the API server has it
	name := f.appArmorProfile
	switch {
	case name == "":
		return nil
	case strings.TrimSpace(name) != name || len(name) > maxNameBytes:
		return f.invalid("apparmor-profile", name, errors.New("want the name of a profile"))
	case f.typed("apparmor-profile") && !f.any(podspec.Profile.NeedsNodeProfiles):
		return cli.Usagef("--apparmor-profile has no effect with --profile %s", f.profile).WithHint("--profile localhost or --profile userns")
	}
	return nil
}

// any reports whether a profile that is tried has a property.
func (f *profileFlags) any(has func(podspec.Profile) bool) bool {
	return slices.ContainsFunc(f.forms, func(tried form) bool { return has(tried.profile) })
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
