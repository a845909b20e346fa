package skew_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-img/kubectl-img/tests/cluster/clustertest"
)

// output is how a run of the plugin ended.
type output struct {
	stdout, stderr string
	code           int
}

// call runs the plugin, with more variables in its environment.
func (s *server) call(t *testing.T, env []string, args ...string) output {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	var stdout, stderr strings.Builder
	cmd := exec.CommandContext(ctx, s.plugin, args...)
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = &stdout, &stderr, 5*time.Second
	cmd.Env = append(append(s.Env(), "HOME="+t.TempDir()), env...)
	err := cmd.Run()
	if cmd.ProcessState == nil || ctx.Err() != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, stderr.String())
	}
	return output{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

// line returns the only line of stderr that begins with prefix, without it.
func (o output) line(t *testing.T, prefix string) string {
	t.Helper()
	var found []string
	for l := range strings.Lines(o.stderr) {
		if rest, ok := strings.CutPrefix(l, prefix); ok {
			found = append(found, strings.TrimSpace(rest))
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d lines with %q, want one:\n%s", len(found), prefix, o.stderr)
	}
	return found[0]
}

var podName = regexp.MustCompile(`img-[a-z0-9]+`)

// pod is the name of the builder pod that stderr names first, or a text that nothing contains.
func (o output) pod() string {
	if name := podName.FindString(o.stderr); name != "" {
		return name
	}
	return "\x00"
}

// build builds an image of one step in a namespace, and pushes it.
func (s *server) build(t *testing.T, ns string, env []string, args ...string) output {
	t.Helper()
	dir := t.TempDir()
	text := "FROM " + s.Registry + "/busybox:1\nRUN touch /made && chown 33:44 /made\n"
	if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	all := append([]string{"build", "-n", ns, "-t", s.repository(ns)}, args...)
	return s.call(t, env, append(all, dir)...)
}

func (s *server) repository(ns string) string { return s.Registry + "/" + ns + "/app" }

// succeeds fails the test unless the build has printed the digest of what it has pushed.
func (s *server) succeeds(t *testing.T, o output, ns string) {
	t.Helper()
	if o.code != 0 || !strings.HasPrefix(o.stdout, s.repository(ns)+"@sha256:") {
		t.Fatalf("exit code %d, stdout %q:\n%s", o.code, o.stdout, o.stderr)
	}
}

func (s *server) namespace(t *testing.T, level string) string {
	t.Helper()
	return clustertest.Namespace(t, s.client, "skew-"+level+"-", level)
}
