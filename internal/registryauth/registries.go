package registryauth

import (
	"errors"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
)

// Registry is a registry that a build pulls from or pushes to.
type Registry struct {
	Host string // host[:port]; dockerHub for the default registry
	push bool   // the build pushes; otherwise it only pulls
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
				all = append(all, Registry{Host: host, push: pushed})
			}
		}
	}
	add(push, true)
	add(pull, false)
	return all
}

// ParseHost reads a registry's host[:port]. The default registry has several names, of which it returns dockerHub.
func ParseHost(host string) (string, error) {
	switch {
	case strings.Contains(host, ":/"):
		return "", errors.New("a registry has no scheme: want HOST[:PORT]")
	case strings.HasPrefix(host, "/"):
		return "", errors.New("a registry has no leading slash: want HOST[:PORT]")
	}
	if host == "" || strings.Contains(host, "/") || strings.Contains(host, "@") {
		return "", errors.New("want the host and port of a registry, without a path")
	}
	registry, err := name.NewRegistry(host, name.StrictValidation)
	if err != nil {
		return "", errors.New("want the host and port of a registry")
	}
	return canonicalHost(registry.RegistryStr()), nil
}

// dockerHub is the name of the default registry that docker, the engine and their users use.
const dockerHub = "docker.io"

func canonicalHost(host string) string {
	switch host {
	case name.DefaultRegistry, "registry-1.docker.io":
		return dockerHub
	default:
		return host
	}
}

// parseRegistry returns the registry of a canonical host.
func parseRegistry(host string) (name.Registry, error) {
	if host == dockerHub {
		host = name.DefaultRegistry
	}
	return name.NewRegistry(host, name.WeakValidation)
}
