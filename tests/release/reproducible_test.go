package release_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// TestReproducible builds this platform's archive again, in a clone in another directory. The build cache is empty, so that every package is
// compiled. The archive must have the same sum.
func TestReproducible(t *testing.T) {
	version := about(t).Version
	clone := filepath.Join(t.TempDir(), "elsewhere")
	output(t, ".", nil, "git", "clone", "--quiet", root(), clone)
	onlyThisPlatform(t, filepath.Join(clone, ".goreleaser.yaml"))
	cache := t.TempDir()
	// The tools do not affect the archive, so the clone uses those that are compiled already.
	output(t, clone, []string{"GOCACHE=" + cache, "BUILDER_IMAGE="}, filepath.Join(clone, "tools", "release", "goreleaser.sh"),
		"--snapshot", "--skip=sign,sbom")
	name := archiveName(version, runtime.GOOS, runtime.GOARCH)
	first, second := checksums(t, root("dist"))[name], checksums(t, filepath.Join(clone, "dist"))[name]
	if first == "" || first != second {
		t.Errorf("%s: sum %q, in the clone %q", name, first, second)
	}
}

// onlyThisPlatform removes the other platforms: building them takes minutes and tests little more.
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
