package e2e_test

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// TestRemoteContext builds from URLs, which the engine in the pod fetches.
func TestRemoteContext(t *testing.T) {
	t.Parallel()
	t.Run("git", remoteGit)
	t.Run("private git", remotePrivateGit)
	t.Run("archive over http", remoteArchive)
}

func remoteGit(t *testing.T) {
	t.Parallel()
	address := gitServer(t, map[string]string{
		"Dockerfile": "FROM scratch\nCOPY . /\n", "top": "1", "sub/Dockerfile": "FROM scratch\nCOPY . /\n", "sub/inner": "2", "sub/left": "3", "sub/.dockerignore": "left\n",
		"sub/other.Dockerfile": "FROM scratch\nCOPY inner /other\n",
	})
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"repository":         {[]string{address}, "Dockerfile sub sub/.dockerignore sub/Dockerfile sub/inner sub/left sub/other.Dockerfile top"},
		"directory":          {[]string{address + "#main:sub"}, ".dockerignore Dockerfile inner left other.Dockerfile"},
		"another Dockerfile": {[]string{"-f", "other.Dockerfile", address + "#main:sub"}, "other"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ns := namespace(t, baseline)
			build(ns, append([]string{"-t", repository(ns)}, c.args...)...).run(t).succeeds(t)
			if got := strings.Join(namesIn(t, repository(ns)), " "); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

func remotePrivateGit(t *testing.T) {
	t.Parallel()
	const token = "git-Teltower-4718"
	address, ns := privateGitServer(t, token, map[string]string{"Dockerfile": "FROM scratch\nCOPY top /\n", "top": "1"}), namespace(t, baseline)
	build(ns, "-t", repository(ns), address).run(t).fails(t, codeBuild, "could not read Username").hints(t, "--secret id=GIT_AUTH_TOKEN")
	c := build(ns, "-t", repository(ns), "-v", "--secret", "id=GIT_AUTH_TOKEN", address)
	c.env = []string{"GIT_AUTH_TOKEN=" + token}
	if r := c.run(t).succeeds(t); strings.Contains(r.stderr, token) {
		t.Errorf("stderr has the token:\n%s", r.stderr)
	}
	if got := fileIn(t, pull(t, repository(ns)), "top"); got != "1" {
		t.Errorf("top has %q", got)
	}
}

func remoteArchive(t *testing.T) {
	t.Parallel()
	archive := archiveOf(t, map[string]string{"Dockerfile": "FROM scratch\nCOPY top /\n", "top": "1"})
	server := &httptest.Server{Listener: listen(t, hostAddress()), Config: &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(archive))
	})}}
	server.Start()
	t.Cleanup(server.Close)
	ns := namespace(t, baseline)
	build(ns, "-t", repository(ns), server.URL+"/context.tar").run(t).succeeds(t)
	if got := fileIn(t, pull(t, repository(ns)), "top"); got != "1" {
		t.Errorf("top has %q", got)
	}
}

// namesIn returns the paths of an image with one layer, sorted.
func namesIn(t *testing.T, reference string) []string {
	t.Helper()
	return slices.Sorted(maps.Keys(onlyLayer(t, pull(t, reference))))
}
