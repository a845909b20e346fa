package registryauth

import (
	"errors"
	"fmt"
	"strings"
)

// Choice is a value of --auth, for completion.
type Choice struct{ Value, Description string }

// Choices returns the values of --auth.
func Choices() []Choice {
	choices := []Choice{{string(auto), "decides for each registry"}}
	for _, c := range clouds() {
		for _, m := range c.Description().Methods {
			choices = append(choices, Choice{m.Name, m.Description})
		}
	}
	return append(choices,
		Choice{string(Local), "the login of docker or podman here"},
		Choice{string(Secret) + "=", "a Secret of the namespace"},
		Choice{string(none), "anonymous"},
	)
}

// Methods returns the values of --auth as a phrase.
func Methods() string {
	var methods []string
	for _, c := range Choices() {
		methods = append(methods, strings.Replace(c.Value, "=", "=NAME", 1))
	}
	last := len(methods) - 1
	return strings.Join(methods[:last], ", ") + " or " + methods[last]
}

// Rule is how to log in to one registry, or to all registries that have no rule of their own.
type Rule struct {
	Host   string // empty for all others
	Method Method
	Secret string // name of the Secret, for method Secret
}

func errMethod() error {
	return errors.New("want " + Methods() + ", or one of them for a registry: HOST=METHOD")
}

// ParseRule reads METHOD or HOST=METHOD. Its errors do not repeat the value, because it can contain a password by mistake.
func ParseRule(value string) (Rule, error) {
	if rule, err := parseMethod(value); err == nil {
		return rule, nil
	}
	host, method, ok := strings.Cut(value, "=")
	if !ok || host == string(Secret) {
		return Rule{}, errMethod()
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
	for _, c := range Choices() {
		if value == c.Value && !strings.HasSuffix(value, "=") {
			return Rule{Method: Method(value)}, nil
		}
	}
	return Rule{}, errMethod()
}

// Rules are all values of --auth of a build. They do not contradict each other.
type Rules []Rule

// NewRules returns an error if two rules are for the same registry, unless both name Secrets.
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

// String returns the rule as a value of --auth.
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

// Secrets returns the name of every Secret in the rules, once.
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

// find returns the method for a host, and whether a rule names that host.
func (rules Rules) find(host string) (method Method, secrets []string, named bool) {
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
	return auto, nil, false
}
