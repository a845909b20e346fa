package registryauth

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// Proxies is the HTTP_PROXY family of an environment. A proxy's URL may hold a password, so it prints none.
type Proxies struct{ reveal func() []string }

// ReadProxies takes the variables that programs look at.
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

// Pairs returns KEY=VALUE for each, or nil.
func (p Proxies) Pairs() []string {
	if p.reveal == nil {
		return nil
	}
	return p.reveal()
}

// Equal compares them.
func (p Proxies) Equal(other Proxies) bool { return slices.Equal(p.Pairs(), other.Pairs()) }

// Format covers every verb of fmt.
func (p Proxies) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// MarshalText covers encoders.
func (p Proxies) MarshalText() ([]byte, error) { return []byte(redacted), nil }
