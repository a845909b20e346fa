// Package registryauth decides whose keys open which registry of a build, and writes what the engine reads of them.
package registryauth

import (
	"errors"
	"fmt"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
)

// Method is a way to log in to a registry.
type Method string

// The methods of --auth.
const (
	Auto   Method = "auto"   // decides for each registry
	Gcloud Method = "gcloud" // the pod's Google identity, through the Google Cloud CLI
	GCR    Method = "gcr"    // the same through docker-credential-gcr
	Local  Method = "local"  // the user's own Docker or Podman login
	Secret Method = "secret" // a Secret of the namespace
	None   Method = "none"   // anonymous

	// google is what Auto chooses: the pod's Google identity, through whichever helper the builder image has.
	google Method = "google"
)

var errMethod = errors.New("want auto, gcloud, gcr, local, secret=NAME or none, or one of them for a registry: HOST=METHOD")

// Rule is how to log in to one registry, or to all that no other rule names.
type Rule struct {
	Host   string // empty for the others
	Method Method
	Secret string // name of the Secret, for Secret
}

// ParseRule reads METHOD or HOST=METHOD. Its errors never repeat the value: somebody will try a password there.
func ParseRule(value string) (Rule, error) {
	if rule, err := parseMethod(value); err == nil {
		return rule, nil
	}
	host, method, ok := strings.Cut(value, "=")
	if !ok || host == string(Secret) {
		return Rule{}, errMethod
	}
	rule, err := parseMethod(method)
	if err != nil {
		return Rule{}, err
	}
	rule.Host, err = ParseHost(host)
	return rule, err
}

func parseMethod(value string) (Rule, error) {
	if secret, ok := strings.CutPrefix(value, string(Secret)+"="); ok && secret != "" {
		return Rule{Method: Secret, Secret: secret}, nil
	}
	switch m := Method(value); m {
	case Auto, Gcloud, GCR, Local, None:
		return Rule{Method: m}, nil
	default:
		return Rule{}, errMethod
	}
}

// ParseHost reads a registry's host[:port]; the default registry has several names and gets one.
func ParseHost(host string) (string, error) {
	if host == "" || strings.Contains(host, "/") || strings.Contains(host, "@") {
		return "", errors.New("want the host and port of a registry, without a path")
	}
	registry, err := name.NewRegistry(host, name.StrictValidation)
	if err != nil {
		return "", errors.New("want the host and port of a registry")
	}
	return canonical(registry.RegistryStr()), nil
}

// DockerHub is how docker, the engine and its users write the default registry.
const DockerHub = "docker.io"

func canonical(host string) string {
	switch host {
	case name.DefaultRegistry, "registry-1.docker.io":
		return DockerHub
	default:
		return host
	}
}

// Rules is every --auth of a build, free of contradictions.
type Rules []Rule

// NewRules refuses two rules that speak for the same registry, unless both name Secrets.
func NewRules(rules []Rule) (Rules, error) {
	first := map[string]Rule{}
	for _, r := range rules {
		before, twice := first[r.Host]
		if twice && before != r && (before.Method != Secret || r.Method != Secret) {
			return nil, fmt.Errorf("%s and %s contradict each other: give one of them a registry: HOST=METHOD", before, r)
		}
		first[r.Host] = r
	}
	return rules, nil
}

// String is the rule as it is written.
func (r Rule) String() string {
	text := string(r.Method)
	if r.Method == Secret {
		text += "=" + r.Secret
	}
	if r.Host != "" {
		text = r.Host + "=" + text
	}
	return text
}

// Secrets lists every Secret that a rule names, once.
func (rules Rules) Secrets() []string {
	var names []string
	seen := map[string]bool{}
	for _, r := range rules {
		if r.Method == Secret && !seen[r.Secret] {
			seen[r.Secret] = true
			names = append(names, r.Secret)
		}
	}
	return names
}

// of returns the method for a host, and whether a rule names that host.
func (rules Rules) of(host string) (method Method, secrets []string, named bool) {
	for _, want := range []string{host, ""} {
		for _, r := range rules {
			if r.Host != want {
				continue
			}
			method, named = r.Method, want != ""
			if r.Method == Secret {
				secrets = append(secrets, r.Secret)
			}
		}
		if method != "" {
			return method, secrets, named
		}
	}
	return Auto, nil, false
}
