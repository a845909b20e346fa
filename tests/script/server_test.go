package script

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"

	"github.com/rogpeppe/go-internal/testscript"
)

// forbidden is an API server that denies every request, and counts them.
type forbidden struct{ requests atomic.Int64 }

func (f *forbidden) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// The kubectl of some clouds asks every server for its version before it runs a command.
	if r.URL.Path != "/version" {
		f.requests.Add(1)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusForbidden)
	fmt.Fprint(w, `{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Forbidden","code":403,`+
		`"message":"pods is forbidden: User \"nobody\" cannot create resource \"pods\" in API group \"\" in the namespace \"ci\""}`)
}

const kubeconfig = `apiVersion: v1
kind: Config
clusters:
- {name: forbidden, cluster: {server: "%s"}}
- {name: gone, cluster: {server: "http://127.0.0.1:1"}}
- {name: silent, cluster: {server: "http://%s"}}
contexts:
- {name: forbidden, context: {cluster: forbidden, user: nobody, namespace: ci}}
- {name: gone, context: {cluster: gone, user: nobody, namespace: ci}}
- {name: silent, context: {cluster: silent, user: nobody, namespace: ci}}
- {name: stuck, context: {cluster: forbidden, user: stuck, namespace: ci}}
users:
- {name: nobody, user: {}}
- {name: stuck, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: sleep, args: ["8"], interactiveMode: Never}}}
current-context: forbidden
`

type serverKey struct{}

// setup gives each script a cluster that counts requests, so that a build which should have been rejected before is noticed.
func setup(env *testscript.Env) error {
	f := &forbidden{}
	server := httptest.NewServer(f)
	env.Defer(server.Close)
	env.Values[serverKey{}] = f
	silent, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0") // it never accepts a connection
	if err != nil {
		return err
	}
	env.Defer(func() { _ = silent.Close() })
	plugin, err := exec.LookPath("kubectl-img")
	if err != nil {
		return err
	}
	env.Setenv("PLUGIN", plugin)
	page, err := filepath.Abs(filepath.Join("..", "..", "docs", "man", "kubectl-img.1"))
	if err != nil {
		return err
	}
	env.Setenv("MANPAGE", page)
	file := filepath.Join(env.WorkDir, "kubeconfig")
	env.Setenv("KUBECONFIG", file)
	env.Setenv("GORACE", "atexit_sleep_ms=0") // the default is a second for each run
	env.Setenv("USER", "jane")                // the owner of pods
	env.Setenv("HOME", filepath.Join(env.WorkDir, "home"))
	return os.WriteFile(file, fmt.Appendf(nil, kubeconfig, server.URL, silent.Addr()), 0o600)
}

// untouched fails the script if the cluster got a request.
func untouched(ts *testscript.TestScript) {
	if n := ts.Value(serverKey{}).(*forbidden).requests.Load(); n > 0 {
		ts.Fatalf("the cluster got %d requests", n)
	}
}
