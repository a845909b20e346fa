package plugin

import (
	"errors"
	"slices"
	"strings"

	"github.com/kubectl-img/kubectl-img/podspec"
)

// checkAppArmor refuses what the API server would, and a profile that nothing uses.
func (o *buildFlags) checkAppArmor(*podspec.Options, process) error {
	name := o.appArmorProfile
	switch profile := podspec.Profile(o.profile); {
	case name == "":
		return nil
	case strings.TrimSpace(name) != name || len(name) > 4095:
		return o.invalid("apparmor-profile", name, errors.New("want the name of a profile"))
	case slices.Contains(podspec.Profiles(), profile) && !profile.NeedsNodeProfiles() && o.typed("apparmor-profile"):
		return usagef("--apparmor-profile has no effect with --profile %s", o.profile).withHint("--profile localhost or --profile userns")
	}
	return nil
}
