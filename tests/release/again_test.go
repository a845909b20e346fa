package release_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// TestReproducible builds this platform's archive once more: in a clone, in another directory, with an empty build cache, so
// that every package is compiled and nothing is taken from the first build. Its sum must be the same.
func TestReproducible(t *testing.T) {
	version := about(t).Version
	clone := filepath.Join(t.TempDir(), "elsewhere")
	output(t, ".", nil, "git", "clone", "--quiet", root(), clone)
	onlyThisPlatform(t, filepath.Join(clone, ".goreleaser.yaml"))
	cache := t.TempDir()
	// The tools are no part of the archive, and come from where they were compiled.
	output(t, clone, []string{"GOCACHE=" + cache, "BUILDER_IMAGE="}, filepath.Join(clone, "tools", "release", "goreleaser.sh"),
		"--snapshot", "--skip=sign,sbom")
	name := archiveName(version, runtime.GOOS, runtime.GOARCH)
	first, second := checksums(t, root("dist"))[name], checksums(t, filepath.Join(clone, "dist"))[name]
	if first == "" || first != second {
		t.Errorf("%s: sum %q, and %q elsewhere", name, first, second)
	}
}

// onlyThisPlatform takes the others out: to compile all six once more would say little more, and take minutes.
func onlyThisPlatform(t *testing.T, config string) {
	t.Helper()
	text := string(read(t, config))
	for all, one := range map[string]string{
		"goos: [linux, darwin, windows]": "goos: [" + runtime.GOOS + "]",
		"goarch: [amd64, arm64]":         "goarch: [" + runtime.GOARCH + "]",
	} {
		if !strings.Contains(text, all) {
			t.Fatalf("%s has no %q", config, all)
		}
		text = strings.Replace(text, all, one, 1)
	}
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
