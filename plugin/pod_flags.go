package plugin

import (
	"errors"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kubectl-img/kubectl-img/podspec"
)

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
