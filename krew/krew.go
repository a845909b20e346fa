// Package krew fills in the manifest by which krew installs the plugin.
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
var text string

// download is where the archives of a release are.
const download = "https://github.com/kubectl-img/kubectl-img/releases/download/"

// Release is what the template img.yaml asks for. Version has a leading v.
type Release struct {
	Version   string
	Platforms []Platform
}

// Platform is one archive of a release.
type Platform struct{ OS, Arch, URI, SHA256 string }

// Read makes a Release of a version without a leading v and of its checksums file, which has lines of `SHA256  FILE`. Each
// platform that the plugin is built for must be in it; other files, such as an SBOM, are passed over. The archives are below
// base, or where GitHub has them if base is empty.
func Read(version, base, checksums string) (Release, error) {
	if base == "" {
		base = download + "v" + version
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
			name := ArchiveName(version, goos, arch)
			if sums[name] == "" {
				return Release{}, fmt.Errorf("read checksums: no line for %s", name)
			}
			r.Platforms = append(r.Platforms, Platform{OS: goos, Arch: arch, URI: base + "/" + name, SHA256: sums[name]})
		}
	}
	return r, nil
}

// ArchiveName is the name that .goreleaser.yaml gives to an archive.
func ArchiveName(version, goos, arch string) string {
	return fmt.Sprintf("kubectl-img_v%s_%s_%s.tar.gz", version, goos, arch)
}

// Write fills in the template.
func (r Release) Write(w io.Writer) error {
	if len(r.Platforms) == 0 || slices.ContainsFunc(r.Platforms, func(p Platform) bool { return len(p.SHA256) != 64 }) {
		return fmt.Errorf("write the krew manifest of %s: a platform without its sum", r.Version)
	}
	t, err := template.New("img.yaml").Option("missingkey=error").Parse(text)
	if err != nil {
		return err
	}
	return t.Execute(w, r)
}
