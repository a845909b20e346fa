package podspec

import (
	"fmt"
	"slices"
	"strings"
)

// Profile is the name of a hardening profile: the security settings of a builder pod.
type Profile string

// The profiles, from the most isolated to the least.
const (
	Stock      Profile = "stock"
	UserNS     Profile = "userns"
	Restricted Profile = "restricted"
	Localhost  Profile = "localhost"
	Unset      Profile = "unset"
	Unconfined Profile = "unconfined"
)

// definition is everything that kubectl img knows about a profile, so a new profile is a constant and an entry of definitions. The
// security settings are in security.go. CONTRIBUTING.md has the tests that come with a profile.
type definition struct {
	name                  Profile
	summary               string
	needsNodeProfiles     bool
	emulatesOwners        bool
	separatesSteps        bool
	userNamespaceOptional bool
	withoutCountsAs       Profile   // what the form without a user namespace counts as, where that is less than the profile
	needs                 []Control // on which the profile depends; --profile auto skips what a control has refused to another profile's pod
	ids                   string    // in addition to the builder's own, as in /etc/subuid; empty if the pod maps no others
	settings              []mutator // in addition to those of every profile
}

// definitions has the order of the constants.
func definitions() []definition {
	return []definition{
		{
			name: Stock, summary: "build steps in containers of their own, and nothing to install on the nodes",
			needs: []Control{PodUserNamespace, Seccomp, StepContainers}, separatesSteps: true, userNamespaceOptional: true,
			// A step that leaves its container is root of the node, with the node's system calls filtered.
			withoutCountsAs: Unset,
			settings:        []mutator{rootOfPod, defaultSeccomp, engineCapabilities, noEscalation, stepContext},
		},
		{
			name: UserNS, summary: "a user namespace of its own, and system calls filtered",
			needsNodeProfiles: true, needs: append(needsOfSteps(), PodUserNamespace, WholeProc, IDMapping), ids: podIDs,
			settings: []mutator{ownUserNamespace, unmaskedProc},
		},
		{
			name: Restricted, summary: "one user id and no capability; passes Pod Security level restricted",
			needsNodeProfiles: true, needs: append(needsOfSteps(), PodUserNamespace), emulatesOwners: true, userNamespaceOptional: true,
			settings: []mutator{noCapabilities, noEscalation},
		},
		{
			name: Localhost, summary: "system calls filtered",
			needsNodeProfiles: true, needs: append(needsOfSteps(), IDMapping), ids: nodeIDs,
		},
		{
			name: Unset, summary: "nothing filtered; passes Pod Security level baseline",
			needs: append(needsOfSteps(), IDMapping), ids: nodeIDs,
		},
		{
			name: Unconfined, summary: "nothing filtered, and AppArmor off; level privileged",
			needs: append(needsOfSteps(), IDMapping), ids: nodeIDs, settings: []mutator{unconfinedSeccomp, unconfinedAppArmor},
		},
	}
}

// Profiles returns every profile, from the most isolated to the least.
func Profiles() []Profile {
	var names []Profile
	for _, d := range definitions() {
		names = append(names, d.name)
	}
	return names
}

// definition returns the profile's definition, or a zero value for an unknown profile.
func (p Profile) definition() definition {
	all := definitions()
	if i := slices.IndexFunc(all, func(d definition) bool { return d.name == p }); i >= 0 {
		return all[i]
	}
	return definition{}
}

// Summary describes the profile in a few words.
func (p Profile) Summary() string { return p.definition().summary }

// NeedsNodeProfiles reports whether the pod uses a seccomp profile, and an AppArmor profile if one is named, that somebody has to
// install on the nodes.
func (p Profile) NeedsNodeProfiles() bool { return p.definition().needsNodeProfiles }

// FiltersCalls reports whether a seccomp profile filters the system calls of the whole pod.
func (p Profile) FiltersCalls() bool { return p.NeedsNodeProfiles() || p.SeparatesSteps() }

// EmulatesOwners reports whether the pod has a single user ID, so that the builder image emulates the owners of files.
func (p Profile) EmulatesOwners() bool { return p.definition().emulatesOwners }

// SeparatesSteps reports whether build steps run in containers of their own, beside the builder's: Options.StepCommands.
func (p Profile) SeparatesSteps() bool { return p.definition().separatesSteps }

// MapsNodeIDs reports whether the pod has no user namespace of its own, so that files in its volumes are owned by ids of the node.
func (p Profile) MapsNodeIDs() bool { return p.definition().ids == nodeIDs }

// UserNamespaceOptional reports whether the profile also works without a user namespace of the pod's own: Options.HostUsers.
func (p Profile) UserNamespaceOptional() bool { return p.definition().userNamespaceOptional }

// Satisfies reports whether the profile isolates at least as much as minimum, in the form that hostUsers chooses: Options.HostUsers.
func (p Profile) Satisfies(minimum Profile, hostUsers bool) bool {
	if less := p.definition().withoutCountsAs; hostUsers && less != "" {
		p = less
	}
	all := Profiles()
	return slices.Index(all, p) <= slices.Index(all, minimum)
}

func unknownProfile(p Profile) error {
	var names []string
	for _, known := range Profiles() {
		names = append(names, string(known))
	}
	return fmt.Errorf("unknown profile %q: want one of %s", string(p), strings.Join(names, ", "))
}
