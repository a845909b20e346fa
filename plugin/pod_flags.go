package plugin

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kubectl-img/kubectl-img/podspec"
)

func (o *buildFlags) checkProfile(options *podspec.Options, _ process) error {
	if !slices.Contains(podspec.Profiles(), options.Profile) {
		return o.invalid("profile", o.profile, fmt.Errorf("want one of %s", profileNames()))
	}
	file := o.seccompProfile
	switch {
	case file == "":
		return o.invalid("seccomp-profile", file, errors.New("want a path below the kubelet's seccomp directory"))
	case path.IsAbs(file), slices.Contains(strings.Split(file, "/"), ".."), strings.Contains(file, `\`):
		return o.invalid("seccomp-profile", file, errors.New("want a path without .. below the kubelet's seccomp directory"))
	}
	// In the environment it is a site's setting, which must not break a build with another profile.
	used := options.Profile == podspec.Localhost || options.Profile == podspec.UserNS
	if !used && o.typed("seccomp-profile") {
		return usagef("--seccomp-profile has no effect with --profile %s", o.profile).withHint("--profile localhost or --profile userns")
	}
	return nil
}

// checkObjectNames checks what names objects of the cluster, and the builder image.
func (o *buildFlags) checkObjectNames(*podspec.Options, process) error {
	names := []struct{ flag, value string }{{"service-account", o.serviceAccount}, {"cache-volume", o.cacheVolume}}
	for _, secret := range o.imagePullSecrets {
		if secret == "" {
			return o.invalid("image-pull-secret", secret, errors.New("the name is empty"))
		}
		names = append(names, struct{ flag, value string }{"image-pull-secret", secret})
	}
	for _, n := range names {
		if n.value == "" {
			continue
		}
		if msgs := validation.IsDNS1123Subdomain(n.value); len(msgs) > 0 {
			return o.invalid(n.flag, n.value, errors.New(msgs[0]))
		}
	}
	if err := checkReference(o.image); err != nil {
		return o.invalid("image", o.image, err)
	}
	return nil
}
