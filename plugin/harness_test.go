package plugin

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-img/kubectl-img/internal/builder"
)

// bench is a working directory with a build context, and a kubeconfig that points nowhere.
type bench struct {
	process
	in, out, errOut *bytes.Buffer
}

func newBench(t *testing.T, env ...string) *bench {
	t.Helper()
	dir := t.TempDir()
	t.Chdir(dir)
	write(t, "kubeconfig", `apiVersion: v1
kind: Config
clusters: [{name: here, cluster: {server: "https://127.0.0.1:1"}}]
contexts: [{name: here, context: {cluster: here, namespace: team}}, {name: bare, context: {cluster: here}}]
current-context: here
`)
	t.Setenv("KUBECONFIG", filepath.Join(dir, "kubeconfig"))
	write(t, "Dockerfile", "FROM scratch\n")
	write(t, "src/main.go", "package main\n")
	streams, in, out, errOut := genericiooptions.NewTestIOStreams()
	return &bench{in: in, out: out, errOut: errOut, process: process{
		env:      env,
		streams:  streams,
		podName:  func() string { return "img-abcde" },
		terminal: func(io.Writer) bool { return false },
		host:     func() builder.Host { return builder.Host{Hostname: "here"} },
		standing: &standing{},
		cacheDir: func() (string, error) { return "", errors.New("no home") },
	}}
}

// plan returns what `kubectl img build ARGS` would carry out.
func (b *bench) plan(args ...string) (*Plan, error) {
	var plan *Plan
	cmd := newRootCommand(b.process, func(p *Plan, _ context.Context, _ process, _ genericclioptions.RESTClientGetter) error {
		plan = p
		return nil
	})
	cmd.SetArgs(append([]string{"build"}, args...))
	err := cmd.ExecuteContext(context.Background())
	return plan, err
}

// run executes the whole command and returns its exit code.
func (b *bench) run(args ...string) int {
	cmd := newRootCommand(b.process, (*Plan).carryOut)
	cmd.SetArgs(args)
	return Report(cmd.ExecuteContext(context.Background()), b.errOut)
}

// refused runs args and returns the one error line of a wrong usage.
func (b *bench) refused(t *testing.T, args ...string) string {
	t.Helper()
	before := files(t)
	if code := b.run(args...); code != codeUsage {
		t.Errorf("exit code %d, want %d", code, codeUsage)
	}
	checkReport(t, b.errOut.String())
	if b.out.Len() > 0 {
		t.Errorf("stdout is not empty: %s", b.out)
	}
	if after := files(t); !slices.Equal(before, after) {
		t.Errorf("files changed from %q to %q", before, after)
	}
	return b.errOut.String()
}

// checkReport holds text to the form of every error: one error line, at most one hint, after warnings.
func checkReport(t *testing.T, text string) {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	lines = slices.DeleteFunc(lines, func(l string) bool { return strings.HasPrefix(l, "warning: ") })
	ok := len(lines) >= 1 && len(lines) <= 2 && strings.HasPrefix(lines[0], "error: ") && len(lines[0]) > len("error: ")
	if len(lines) == 2 {
		ok = ok && strings.HasPrefix(lines[1], "hint: ") && len(lines[1]) > len("hint: ")
	}
	if !ok {
		t.Errorf("report:\n%s\nwant one error line and at most one hint", text)
	}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// files lists the working directory with sizes and times of change.
func files(t *testing.T) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(".", func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil {
			names = append(names, fmt.Sprintf("%s %d %v", path, info.Size(), info.ModTime()))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}
