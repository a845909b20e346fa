package buildflags

import (
	"slices"

	"github.com/kubectl-img/kubectl-img/podspec"
)

// form is a profile with or without a user namespace of the pod's own.
type form struct {
	profile   podspec.Profile
	hostUsers bool
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
