package registryauth

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// Proxies are the proxy variables of an environment. They print a placeholder, because the URL of a proxy can contain a password.
type Proxies struct{ reveal func() []string }

// ReadProxies returns the proxy variables in env.
func ReadProxies(env []string) Proxies {
	var found []string
	for _, pair := range env {
		key, value, _ := strings.Cut(pair, "=")
		if slices.Contains([]string{"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY"}, strings.ToUpper(key)) && value != "" {
			found = append(found, pair)
		}
	}
	if found == nil {
		return Proxies{}
	}
	return Proxies{func() []string { return found }}
}

// Pairs returns KEY=VALUE for each variable, or nil.
func (p Proxies) Pairs() []string {
	if p.reveal == nil {
		return nil
	}
	return p.reveal()
}

// Equal reports whether the variables are the same.
func (p Proxies) Equal(other Proxies) bool { return slices.Equal(p.Pairs(), other.Pairs()) }

// Format prints the placeholder for every verb of fmt.
func (p Proxies) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// MarshalText returns the placeholder.
func (p Proxies) MarshalText() ([]byte, error) { return []byte(redacted), nil }
