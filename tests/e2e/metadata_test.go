package e2e_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

const (
	googleAccount = "builder@e2e-project.iam.gserviceaccount.com"
	nodeAccount   = "123456789012-compute@developer.gserviceaccount.com"
)

// metadata is the metadata server of a Google Cloud node, for one Google account.
type metadata struct {
	address string
	email   string

	mu     sync.Mutex
	tokens []token // answered in turn; the last one again and again
	given  int
	silent int // how many requests fail at first
}

type token struct {
	value     string
	expiresIn int // seconds
}

func newMetadata(t *testing.T, email string, tokens ...token) *metadata {
	t.Helper()
	listener := listen(t, hostAddress())
	m := &metadata{address: listener.Addr().String(), email: email, tokens: tokens}
	server := &httptest.Server{Listener: listener, Config: &http.Server{Handler: m}}
	server.Start()
	t.Cleanup(server.Close)
	return m
}

// ServeHTTP answers the requests of gcloud and of Google's Go libraries. The paths are those of the real server.
func (m *metadata) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Metadata-Flavor", "Google")
	path, found := strings.CutPrefix(r.URL.Path, "/computeMetadata/v1/")
	if !found || m.failsAtFirst() {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	if r.Header.Get("Metadata-Flavor") != "Google" {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	account, isAccount := strings.CutPrefix(path, "instance/service-accounts/")
	name, what, _ := strings.Cut(account, "/")
	switch {
	case path == "project/numeric-project-id":
		fmt.Fprint(w, "123456789012")
	case path == "project/project-id":
		fmt.Fprint(w, "e2e-project")
	case path == "universe/universe-domain", path == "universe/universe_domain":
		fmt.Fprint(w, "googleapis.com")
	case isAccount && account == "":
		fmt.Fprintf(w, "default/\n%s/\n", m.email)
	case isAccount && name != "default" && name != m.email:
		w.WriteHeader(http.StatusNotFound)
	case isAccount && what == "email":
		fmt.Fprint(w, m.email)
	case isAccount && what == "token":
		w.Header().Set("Content-Type", "application/json")
		next := m.next()
		fmt.Fprintf(w, `{"access_token":%q,"expires_in":%d,"token_type":"Bearer"}`, next.value, next.expiresIn)
	case isAccount && what == "identity":
		fmt.Fprint(w, "e30.e30.e30")
	case isAccount && what == "":
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"aliases":["default"],"email":%q,"scopes":["https://www.googleapis.com/auth/cloud-platform"]}`, m.email)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

// failsAtFirst tells whether a request fails because it is one of the first.
func (m *metadata) failsAtFirst() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.silent--
	return m.silent >= 0
}

func (m *metadata) next() token {
	m.mu.Lock()
	defer m.mu.Unlock()
	i := min(m.given, len(m.tokens)-1)
	m.given++
	return m.tokens[i]
}

// replace changes the token for later requests.
func (m *metadata) replace(t token) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.tokens = []token{t}
}

// template is the file of a pod template that makes the pod use the server, and that resolves host names of registries to this machine.
func (m *metadata) template(t *testing.T, hosts ...string) string {
	t.Helper()
	text := "apiVersion: v1\nkind: Pod\nspec:\n"
	if len(hosts) > 0 {
		text += fmt.Sprintf("  hostAliases:\n  - {ip: %s, hostnames: [%s]}\n", shared.HostIP, strings.Join(hosts, ", "))
	}
	text += "  containers:\n  - name: builder\n    env:\n    - {name: METADATA_WAIT, value: \"6\"}\n"
	for _, name := range []string{"GCE_METADATA_HOST", "GCE_METADATA_IP", "GCE_METADATA_ROOT"} {
		text += fmt.Sprintf("    - {name: %s, value: \"%s\"}\n", name, m.address)
	}
	file := filepath.Join(t.TempDir(), "template.yaml")
	write(t, file, text)
	return file
}
