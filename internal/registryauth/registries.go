package registryauth

import (
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
)

// Registry is one that a build talks to.
type Registry struct {
	Host string // host[:port]; DockerHub for the default one
	Push bool   // otherwise it is only pulled from
}

// Registries returns the registries of references, each once, those that are pushed to first. What is no reference is
// left out: the engine says better what is wrong with it.
func Registries(push, pull []string) []Registry {
	var all []Registry
	add := func(refs []string, pushed bool) {
		for _, text := range refs {
			ref, err := name.ParseReference(text, name.WeakValidation)
			if err != nil {
				continue
			}
			host := canonical(ref.Context().RegistryStr())
			if !slices.ContainsFunc(all, func(r Registry) bool { return r.Host == host }) {
				all = append(all, Registry{Host: host, Push: pushed})
			}
		}
	}
	add(push, true)
	add(pull, false)
	return all
}

// isGoogle knows Artifact Registry, and the names that Container Registry left to it.
func isGoogle(host string) bool {
	return host == "gcr.io" || strings.HasSuffix(host, ".gcr.io") ||
		strings.HasSuffix(host, "-docker.pkg.dev") || strings.HasPrefix(host, "docker.") && strings.HasSuffix(host, ".rep.pkg.dev")
}
