package registryauth

import (
	"slices"

	"github.com/google/go-containerregistry/pkg/name"
)

// Registry is a registry that a build pulls from or pushes to.
type Registry struct {
	Host string // host[:port]; dockerHub for the default registry
	Push bool   // the build pushes; otherwise it only pulls
}

// Registries returns the registries of references, each once, those that the build pushes to first. It skips invalid references: the
// engine has the better error for them.
func Registries(push, pull []string) []Registry {
	var all []Registry
	add := func(refs []string, pushed bool) {
		for _, text := range refs {
			ref, err := name.ParseReference(text, name.WeakValidation)
			if err != nil {
				continue
			}
			host := canonicalHost(ref.Context().RegistryStr())
			if !slices.ContainsFunc(all, func(r Registry) bool { return r.Host == host }) {
				all = append(all, Registry{Host: host, Push: pushed})
			}
		}
	}
	add(push, true)
	add(pull, false)
	return all
}
