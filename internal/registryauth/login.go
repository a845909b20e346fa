package registryauth

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
)

// Login is what was decided for one registry. It can be printed.
type Login struct {
	Registry
	Method     Method
	Why        string     // for the user
	Secrets    []string   // for Secret
	Credential Credential // for Local
}

// Logins is what was decided for every registry of a build.
type Logins []Login

// Situation is what a decision depends on.
type Situation struct {
	Rules          Rules
	ServiceAccount string         // of the pod, as the user named it
	Keychain       authn.Keychain // the user's own
}

// LocalError says that the user's own login for a registry can't be read, or is not there.
type LocalError struct {
	Host string
	Err  error
}

func (e *LocalError) Error() string {
	return fmt.Sprintf("read the local login for %s: %v", e.Host, e.Err)
}

// Unwrap returns the cause.
func (e *LocalError) Unwrap() error { return e.Err }

// NoGoogleError says that --auth gcloud or gcr has nothing to do.
type NoGoogleError struct {
	Method Method
	Hosts  []string
}

func (e *NoGoogleError) Error() string {
	return fmt.Sprintf("log in through %s: none of the registries of this build is Google's: %s", e.Method, strings.Join(e.Hosts, ", "))
}

// Decide chooses a login for each registry. It may run credential helpers, one after the other.
func Decide(ctx context.Context, registries []Registry, s Situation) (Logins, error) {
	pushesToGoogle := slices.ContainsFunc(registries, func(r Registry) bool { return r.Push && isGoogle(r.Host) })
	var all Logins
	for _, r := range registries {
		login, err := s.decide(ctx, r, pushesToGoogle)
		if err != nil {
			return nil, err
		}
		all = append(all, login)
	}
	for _, m := range []Method{Gcloud, GCR} {
		asked := slices.ContainsFunc(s.Rules, func(r Rule) bool { return r.Host == "" && r.Method == m })
		if asked && len(registries) > 0 && len(all.ByMethod(m)) == 0 {
			return nil, &NoGoogleError{m, all.hosts()}
		}
	}
	return all, nil
}

func (s Situation) decide(ctx context.Context, r Registry, pushesToGoogle bool) (Login, error) {
	method, secrets, named := s.Rules.of(r.Host)
	login := Login{Registry: r, Method: method, Secrets: secrets}
	switch method {
	case Auto:
		return s.auto(ctx, r, pushesToGoogle)
	case Gcloud, GCR:
		if !named && !isGoogle(r.Host) {
			// A token for Google's registries is nobody else's business, unless the user says so.
			login.Method, login.Why = None, "not Google's"
		}
	case Local:
		credential, found, err := s.local(ctx, r.Host)
		switch {
		case err != nil:
			return login, err
		case found:
			login.Credential = credential
		case named:
			return login, &LocalError{r.Host, errNoLogin}
		default:
			login.Method, login.Why = None, "no local login"
		}
	}
	return login, nil
}

// auto prefers a login that the user has to an identity that the pod may have.
func (s Situation) auto(ctx context.Context, r Registry, pushesToGoogle bool) (Login, error) {
	credential, found, err := s.local(ctx, r.Host)
	switch {
	case ctx.Err() != nil:
		return Login{}, context.Cause(ctx)
	case found:
		return Login{Registry: r, Method: Local, Why: "there is one", Credential: credential}, nil
	// Public images are on Google's registries too: only a push shows that an identity is needed.
	case isGoogle(r.Host) && s.ServiceAccount != "" && pushesToGoogle:
		return Login{Registry: r, Method: google, Why: "Google's registry, --service-account, no local login"}, nil
	case err != nil:
		return Login{Registry: r, Method: None, Why: err.Error()}, nil
	default:
		return Login{Registry: r, Method: None, Why: "no local login"}, nil
	}
}

// Config is the part of config.json that the client knows, as the engine reads it: minimal, and secret. It is nil where
// nothing has to be said.
func (l Logins) Config() []byte {
	if !slices.ContainsFunc(l, func(login Login) bool { return login.Method != None }) {
		return nil
	}
	auths := map[string]map[string]string{}
	for _, login := range l {
		switch login.Method {
		case Local:
			auths[key(login.Host)] = login.Credential.entry()
		case None:
			// An empty entry keeps a Secret's login from a registry that it was not named for.
			auths[key(login.Host)] = map[string]string{}
		}
	}
	config, err := json.Marshal(map[string]any{"auths": auths})
	if err != nil { // strings can't fail
		panic(err)
	}
	return config
}

// key is a registry's name in config.json, which has a historical one for the default registry.
func key(host string) string {
	if host == DockerHub {
		return authn.DefaultAuthKey
	}
	return host
}

func resource(host string) (name.Registry, error) {
	if host == DockerHub {
		host = name.DefaultRegistry
	}
	return name.NewRegistry(host, name.WeakValidation)
}

// ByMethod returns the registries with a login of one kind.
func (l Logins) ByMethod(m Method) []string {
	var hosts []string
	for _, login := range l {
		if login.Method == m {
			hosts = append(hosts, login.Host)
		}
	}
	return hosts
}

func (l Logins) hosts() []string {
	var hosts []string
	for _, login := range l {
		hosts = append(hosts, login.Host)
	}
	return hosts
}

// Helper is a program in the pod that answers for registries with the pod's Google identity.
type Helper struct {
	Name  string // gcr, gcloud, or google for whichever the builder image has
	Hosts []string
}

// Helpers returns the helpers that the logins need.
func (l Logins) Helpers() []Helper {
	var helpers []Helper
	for _, m := range []Method{google, GCR, Gcloud} {
		if hosts := l.ByMethod(m); len(hosts) > 0 {
			helpers = append(helpers, Helper{string(m), hosts})
		}
	}
	return helpers
}

// Secrets returns the Secrets that the logins need, each once.
func (l Logins) Secrets() []string {
	var names []string
	for _, login := range l {
		for _, s := range login.Secrets {
			if !slices.Contains(names, s) {
				names = append(names, s)
			}
		}
	}
	return names
}

// Of returns the login of a registry.
func (l Logins) Of(host string) (Login, bool) {
	i := slices.IndexFunc(l, func(login Login) bool { return login.Host == host })
	if i < 0 {
		return Login{}, false
	}
	return l[i], true
}

// Summary says in one line what was chosen and why.
func (l Logins) Summary() string {
	var parts []string
	for _, login := range l {
		text := login.Host + " " + login.Identity("")
		if login.Why != "" {
			text += " (" + login.Why + ")"
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, "; ")
}

// Identity says as whom the registry is asked; email is the pod's Google identity, where it is known.
func (login Login) Identity(email string) string {
	who := "as the pod's Google identity"
	if email != "" {
		who = "as " + email
	}
	switch login.Method {
	case Local:
		return fmt.Sprintf("with the local login of %s", login.Credential)
	case Secret:
		return "with the login in secret " + strings.Join(login.Secrets, ", ")
	case Gcloud:
		return who + " through gcloud"
	case GCR:
		return who + " through docker-credential-gcr"
	case google:
		return who
	default:
		return "anonymously"
	}
}
