package plugin

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/kubectl-img/kubectl-img/podspec"
)

// profileAuto stands for the most isolated profile that the cluster has.
const profileAuto = "auto"

// belowMinimumError is a profile that the platform does not want.
type belowMinimumError struct {
	asked, minimum string // as they were given
	allowed        []podspec.Profile
}

func (e *belowMinimumError) Error() string {
	return fmt.Sprintf("%s isolates less than %s allows", e.asked, e.minimum)
}

// Hint names the profiles that are left.
func (e *belowMinimumError) Hint() string {
	hint := "--profile " + profileAuto
	for _, profile := range e.allowed {
		hint += ", " + string(profile)
	}
	return hint
}

// ExitCode is that of a refusal by policy.
func (e *belowMinimumError) ExitCode() int { return codePolicy }

// readProfiles decides which profiles are tried, the most isolated first.
func (o *buildFlags) readProfiles(_ *podspec.Options, p process) error {
	minimum, source, err := o.readMinimum(p)
	if err != nil {
		return err
	}
	allowed := notBelow(minimum)
	named := podspec.Profile(o.profile)
	switch {
	case o.profile == profileAuto:
		o.profiles = inOrder(allowed)
	case !slices.Contains(podspec.Profiles(), named):
		return o.invalid("profile", o.profile, fmt.Errorf("want one of %s, %s", profileAuto, profileNames(podspec.Profiles())))
	case !slices.Contains(allowed, named):
		return &belowMinimumError{o.assignment("profile", o.profile), source, allowed}
	default:
		o.profiles = []podspec.Profile{named}
	}
	if o.typed("strict-ownership") && !slices.ContainsFunc(o.profiles, podspec.Profile.EmulatesOwners) {
		return usagef("--strict-ownership has no effect with --profile %s, which keeps every owner", o.profile).withHint("leave it out")
	}
	return o.checkSeccompProfile()
}

// readMinimum takes the stricter of the flag and the variable: a platform sets the variable, and a flag that could undo it would be no
// minimum. source names the one that counts.
func (o *buildFlags) readMinimum(p process) (minimum podspec.Profile, source string, err error) {
	const flag = "min-profile"
	minimum, source = podspec.Profile(o.minProfile), o.assignment(flag, o.minProfile)
	if !slices.Contains(podspec.Profiles(), minimum) {
		return "", "", o.invalid(flag, o.minProfile, fmt.Errorf("want one of %s", profileNames(podspec.Profiles())))
	}
	value, _ := lookup(p.env, variable(flag))
	if value == "" || !o.typed(flag) {
		return minimum, source, nil
	}
	platform := podspec.Profile(value)
	if !slices.Contains(podspec.Profiles(), platform) {
		return "", "", invalidValue(variable(flag), value, fmt.Errorf("want one of %s", profileNames(podspec.Profiles())))
	}
	if slices.Contains(notBelow(platform), minimum) {
		return minimum, source, nil
	}
	o.warnings = append(o.warnings, fmt.Sprintf("%s is less than %s=%s, which counts", source, variable(flag), value))
	return platform, variable(flag) + "=" + value, nil
}

// inOrder is that in which auto tries profiles. What restricted emulates takes time, so it is for where nothing else is admitted.
func inOrder(profiles []podspec.Profile) []podspec.Profile {
	order := slices.Clone(profiles)
	if i := slices.Index(order, podspec.Restricted); i >= 0 {
		order = append(slices.Delete(order, i, i+1), podspec.Restricted)
	}
	return order
}

// notBelow returns the profiles that isolate as much as minimum or more.
func notBelow(minimum podspec.Profile) []podspec.Profile {
	all := podspec.Profiles()
	return all[:slices.Index(all, minimum)+1]
}

// assignment names a flag and its value as the user gave them.
func (o *buildFlags) assignment(flag, value string) string {
	if o.fromEnv[flag] {
		return variable(flag) + "=" + value
	}
	return "--" + flag + " " + value
}

func (o *buildFlags) checkSeccompProfile() error {
	file := o.seccompProfile
	switch {
	case file == "":
		return o.invalid("seccomp-profile", file, errors.New("want a path below the kubelet's seccomp directory"))
	case path.IsAbs(file), slices.Contains(strings.Split(file, "/"), ".."), strings.Contains(file, `\`):
		return o.invalid("seccomp-profile", file, errors.New("want a path without .. below the kubelet's seccomp directory"))
	}
	used := slices.ContainsFunc(o.profiles, podspec.Profile.NeedsNodeProfiles)
	// In the environment it is a site's setting, which must not break a build with another profile.
	if !used && o.typed("seccomp-profile") {
		return usagef("--seccomp-profile has no effect with --profile %s", o.profile).withHint("--profile localhost or --profile userns")
	}
	return nil
}
