// Package clitest is a place to test commands in: a working directory with a build context, a kubeconfig that leads nowhere, and captured streams.
package clitest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-img/kubectl-img/internal/cli"
)

// Bench is a process whose streams are buffers.
type Bench struct {
	cli.Process
	In, Out, ErrOut *bytes.Buffer
}

// New changes to a new working directory and returns a process in it, with an environment of KEY=VALUE.
func New(t testing.TB, env ...string) *Bench {
	t.Helper()
	dir := t.TempDir()
	t.Chdir(dir)
	Write(t, "kubeconfig", `apiVersion: v1
kind: Config
clusters: [{name: here, cluster: {server: "https://127.0.0.1:1"}}]
contexts: [{name: here, context: {cluster: here, namespace: team}}, {name: bare, context: {cluster: here}}]
current-context: here
`)
	t.Setenv("KUBECONFIG", filepath.Join(dir, "kubeconfig"))
	Write(t, "Dockerfile", "FROM scratch\n")
	Write(t, "src/main.go", "package main\n")
	streams, in, out, errOut := genericiooptions.NewTestIOStreams()
	return &Bench{In: in, Out: out, ErrOut: errOut, Process: cli.Process{
		Env: env, Streams: streams, PodName: func() string { return "img-abcde" }, IsTerminal: func(io.Writer) bool { return false },
		Host: func() cli.Host { return cli.Host{Hostname: "here"} }, Undeleted: &cli.UndeletedPods{}, BuilderImage: "ghcr.io/kubectl-img/builder:0.0.0-dev",
		CacheDir: func() (string, error) { return "", errors.New("no home") },
	}}
}

// CheckUnusable checks that err is reported as wrong usage, in the form of every error, and that the command has written nothing else. Before is what
// Files returned before the command ran. It returns the report.
func (b *Bench) CheckUnusable(t testing.TB, err error, before []string) string {
	t.Helper()
	if code := cli.Report(err, b.ErrOut); code != cli.CodeUsage {
		t.Errorf("exit code %d, want %d", code, cli.CodeUsage)
	}
	CheckReport(t, b.ErrOut.String())
	if b.Out.Len() > 0 {
		t.Errorf("stdout is not empty: %s", b.Out)
	}
	if after := Files(t); !slices.Equal(before, after) {
		t.Errorf("files changed from %q to %q", before, after)
	}
	return b.ErrOut.String()
}

// CheckReport checks that text has the form of every error: one error line and at most one hint, after warnings.
func CheckReport(t testing.TB, text string) {
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

// Write writes a file, and the directories that it is in.
func Write(t testing.TB, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// Files lists the working directory with sizes and times of change.
func Files(t testing.TB) []string {
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
