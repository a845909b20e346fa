package registryauth

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"
)

// Situation is what a decision depends on.
type Situation struct {
	Rules          Rules
	ServiceAccount string         // of the pod, if the user named it
	Keychain       authn.Keychain // the user's own
}

// NoCloudRegistryError reports that the user chose a cloud's method for a build without a registry of that cloud.
type NoCloudRegistryError struct {
	Method Method
	Cloud  string // title
	Hosts  []string
}

func (e *NoCloudRegistryError) Error() string {
	return fmt.Sprintf("log in through %s: none of the registries of this build is %s's: %s", e.Method, e.Cloud, strings.Join(e.Hosts, ", "))
}

// Decide chooses a login for each registry. It can run credential helpers, one after the other.
func Decide(ctx context.Context, registries []Registry, s Situation) (Logins, error) {
	var all Logins
	for _, r := range registries {
		login, err := s.decide(ctx, r, registries)
		if err != nil {
			return nil, err
		}
		all = append(all, login)
	}
	for _, rule := range s.Rules {
		c, _, ok := cloudOf(rule.Method)
		if ok && rule.Host == "" && len(registries) > 0 && len(all.ByMethod(rule.Method)) == 0 {
			return nil, &NoCloudRegistryError{rule.Method, c.Description().Title, all.hosts()}
		}
	}
	return all, nil
}

func (s Situation) decide(ctx context.Context, r Registry, all []Registry) (Login, error) {
	method, secrets, named := s.Rules.find(r.Host)
	login := Login{Registry: r, Method: method, Secrets: secrets}
	switch method {
	case auto:
		return s.chooseMethod(ctx, r, all)
	case Local:
		credential, found, err := localLogin(ctx, s.Keychain, r.Host)
		switch {
		case err != nil:
			return login, err
		case found:
			login.Credential = credential
		case named:
			return login, &LocalError{r.Host, errNoLogin}
		default:
			login.Method, login.why = none, "no local login"
		}
	}
	if c, _, ok := cloudOf(method); ok && !named && !c.Serves(r.Host) {
		// A token of the cloud must not be shown to another registry, unless the user asks for it.
		login.Method, login.why = none, "not "+c.Description().Title+"'s"
	}
	return login, nil
}

// chooseMethod prefers the user's own login to the identity of the pod.
func (s Situation) chooseMethod(ctx context.Context, r Registry, all []Registry) (Login, error) {
	credential, found, err := localLogin(ctx, s.Keychain, r.Host)
	if ctx.Err() != nil {
		return Login{}, context.Cause(ctx)
	}
	if found {
		return Login{Registry: r, Method: Local, why: "there is one", Credential: credential}, nil
	}
	c, ok := cloudServing(r.Host)
	// A cloud's registries have public images too. Only a push shows that the build needs the pod's identity.
	pushes := ok && slices.ContainsFunc(all, func(other Registry) bool { return other.push && c.Serves(other.Host) })
	switch {
	case pushes && s.ServiceAccount != "":
		return Login{Registry: r, Method: anyHelper(c), why: c.Description().Title + "'s registry, --service-account, no local login"}, nil
	case err != nil:
		return Login{Registry: r, Method: none, why: err.Error()}, nil
	default:
		return Login{Registry: r, Method: none, why: "no local login"}, nil
	}
}
