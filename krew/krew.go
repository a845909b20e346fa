// Package krew writes the manifest with which krew installs the plugin.
package krew

import (
	_ "embed"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/template"
)

//go:embed img.yaml
var manifestTemplate string

// downloadURL is the address below which GitHub has the archives of a release.
const downloadURL = "https://github.com/kubectl-img/kubectl-img/releases/download/"

// Release has the values for the template img.yaml.
type Release struct {
	Version   string // with a leading v
	Platforms []Platform
}

// Platform is the archive of a release for one platform.
type Platform struct{ OS, Arch, URI, SHA256 string }

// Read returns the Release of a version, given without a leading v. checksums has lines of `SHA256  FILE`. It is an error if one of the
// plugin's platforms has no line; other files, such as SBOMs, are ignored. base is the URL of the archives' directory, or empty for
// GitHub's.
func Read(version, base, checksums string) (Release, error) {
	if base == "" {
		base = downloadURL + "v" + version
	}
	sums := map[string]string{}
	for line := range strings.Lines(checksums) {
		if sum, name, found := strings.Cut(strings.TrimSpace(line), "  "); found {
			sums[name] = sum
		}
	}
	r := Release{Version: "v" + version}
	for _, goos := range []string{"linux", "darwin", "windows"} {
		for _, arch := range []string{"amd64", "arm64"} {
			name := archiveName(version, goos, arch)
			if sums[name] == "" {
				return Release{}, fmt.Errorf("read checksums: no line for %s", name)
			}
			r.Platforms = append(r.Platforms, Platform{OS: goos, Arch: arch, URI: base + "/" + name, SHA256: sums[name]})
		}
	}
	return r, nil
}

// archiveName returns the name that .goreleaser.yaml gives to an archive.
func archiveName(version, goos, arch string) string {
	return fmt.Sprintf("kubectl-img_v%s_%s_%s.tar.gz", version, goos, arch)
}

// Write writes the manifest.
func (r Release) Write(w io.Writer) error {
	if len(r.Platforms) == 0 || slices.ContainsFunc(r.Platforms, func(p Platform) bool { return len(p.SHA256) != 64 }) {
		return fmt.Errorf("write the krew manifest of %s: a platform has no checksum", r.Version)
	}
	t, err := template.New("img.yaml").Option("missingkey=error").Parse(manifestTemplate)
	if err != nil {
		return err
	}
	return t.Execute(w, r)
}
