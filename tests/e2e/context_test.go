package e2e_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// busybox is a base image with a shell.
func busybox() string { return shared.Registry + "/busybox:1" }

// shell is a Dockerfile that starts from busybox.
func shell(lines ...string) string {
	return "FROM " + busybox() + "\n" + strings.Join(lines, "\n") + "\n"
}

// scratch is a Dockerfile that starts from nothing.
func scratch(lines ...string) string { return "FROM scratch\n" + strings.Join(lines, "\n") + "\n" }

// contextOf writes a build context: pairs of a name and its content.
func contextOf(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		write(t, filepath.Join(dir, name), files[name])
	}
	return dir
}

// only is a context that holds nothing but a Dockerfile.
func only(t *testing.T, dockerfile string) string {
	t.Helper()
	return contextOf(t, map[string]string{"Dockerfile": dockerfile})
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

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
