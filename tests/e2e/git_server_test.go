package e2e_test

import (
	"net"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubectl-img/kubectl-img/tests/cluster/program"
)

// gitServer serves a repository over http, with branch main, to the pods. Files whose names end in "@" are links to their content.
func gitServer(t *testing.T, files map[string]string) (url string) {
	t.Helper()
	return privateGitServer(t, "", files)
}

// privateGitServer asks for a token, as GitHub does, unless it is empty.
func privateGitServer(t *testing.T, token string, files map[string]string) (url string) {
	t.Helper()
	core, err := program.Output(exec.CommandContext(t.Context(), "git", "--exec-path"))
	if err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	work := filepath.Join(root, "repository.git")
	for name, content := range files {
		if link, found := strings.CutSuffix(name, "@"); found {
			if err := os.MkdirAll(work, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(content, filepath.Join(work, link)); err != nil {
				t.Fatal(err)
			}
			continue
		}
		write(t, filepath.Join(work, name), content)
	}
	for _, args := range [][]string{{"init", "-q", "-b", "main"}, {"add", "-A"}, {"-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "c"}} {
		cmd := exec.CommandContext(t.Context(), "git", args...)
		cmd.Dir = work
		if err := program.Run(cmd); err != nil {
			t.Fatal(err)
		}
	}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", hostAddress())
	if err != nil {
		t.Fatal(err)
	}
	repositories := &cgi.Handler{
		Path: filepath.Join(strings.TrimSpace(core), "git-http-backend"), Env: []string{"GIT_PROJECT_ROOT=" + root, "GIT_HTTP_EXPORT_ALL=1"},
		InheritEnv: []string{"PATH", "HOME"},
	}
	server := &httptest.Server{Listener: listener, Config: &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, password, _ := r.BasicAuth(); token != "" && password != token {
			w.Header().Set("WWW-Authenticate", `Basic realm="git"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		repositories.ServeHTTP(w, r)
	})}}
	server.Start()
	t.Cleanup(server.Close)
	return server.URL + "/repository.git"
}
