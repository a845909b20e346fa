package registryauth

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"
)

// Login is the decision for one registry. It prints no secret.
type Login struct {
	Registry
	Method     Method
	why        string     // for the user
	Secrets    []string   // for method Secret
	Credential Credential // for method Local
}

// Logins are the decisions for all registries of a build.
type Logins []Login

// Of returns the login of a registry.
func (l Logins) Of(host string) (Login, bool) {
	i := slices.IndexFunc(l, func(login Login) bool { return login.Host == host })
	if i < 0 {
		return Login{}, false
	}
	return l[i], true
}

// ByMethod returns the registries whose login uses a method.
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

// Secrets returns the names of the Secrets that the logins need, each once.
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

// Summary returns the decisions and their reasons in one line.
func (l Logins) Summary() string {
	var parts []string
	for _, login := range l {
		text := login.Host + " " + login.identity("")
		if login.why != "" {
			text += " (" + login.why + ")"
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, "; ")
}

// identity describes who logs in. account is the address of the pod's identity in its cloud, if known.
func (login Login) identity(account string) string {
	switch login.Method {
	case Local:
		return fmt.Sprintf("with the local login of %s", login.Credential)
	case Secret:
		return "with the login in secret " + strings.Join(login.Secrets, ", ")
	}
	c, program, ok := cloudOf(login.Method)
	if !ok {
		return "anonymously"
	}
	text := "as the pod's " + c.Description().Title + " identity"
	if account != "" {
		text = "as " + account
	}
	if program != "" {
		text += " through " + program
	}
	return text
}

// Config returns the client's part of config.json, which is secret and has only what the engine needs. It is nil if no registry has a
// login.
func (l Logins) Config() []byte {
	if !slices.ContainsFunc(l, func(login Login) bool { return login.Method != none }) {
		return nil
	}
	auths := map[string]map[string]string{}
	for _, login := range l {
		switch login.Method {
		case Local:
			auths[configKey(login.Host)] = login.Credential.entry()
		case none:
			// An empty entry keeps the engine from using a Secret's login for a registry that the user did not name the Secret for.
			auths[configKey(login.Host)] = map[string]string{}
		}
	}
	config, err := json.Marshal(map[string]any{"auths": auths})
	if err != nil { // strings can't fail
		panic(err)
	}
	return config
}

// configKey returns a registry's key in config.json. The default registry has a historical one.
func configKey(host string) string {
	if host == dockerHub {
		return authn.DefaultAuthKey
	}
	return host
}
