// Package krew holds the template of the plugin manifest to krew's rules.
package krew

import (
	"bytes"
	_ "embed"
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"text/template"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/util/version"
	"sigs.k8s.io/yaml"
)

// krew's own validator reads a file: go test ./krew -filled img.yaml && validate-krew-manifest -skip-install -manifest img.yaml
var filled = flag.String("filled", "", "write a manifest, filled in for a made-up release, to this file")

//go:embed img.yaml
var text string

type release struct {
	Version   string
	Platforms []platform
}

type platform struct{ OS, Arch, URI, SHA256 string }

// manifest is what krew v0.5.0 reads (pkg/index/types.go); its validation package is internal.
type manifest struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Metadata   struct {
		Name string `json:"name"`
	} `json:"metadata"`
	Spec struct {
		Version          string            `json:"version"`
		ShortDescription string            `json:"shortDescription"`
		Description      string            `json:"description"`
		Caveats          string            `json:"caveats"`
		Homepage         string            `json:"homepage"`
		Platforms        []platformOfIndex `json:"platforms"`
	} `json:"spec"`
}

type platformOfIndex struct {
	URI      string `json:"uri"`
	SHA256   string `json:"sha256"`
	Bin      string `json:"bin"`
	Selector struct {
		MatchLabels map[string]string `json:"matchLabels"`
	} `json:"selector"`
	Files []file `json:"files"`
}

type file struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// example is a release with an archive for each platform that krew knows and the plugin is built for.
func example() release {
	r := release{Version: "v1.2.3"}
	for _, goos := range []string{"linux", "darwin", "windows"} {
		for _, arch := range []string{"amd64", "arm64"} {
			archive := fmt.Sprintf("kubectl-img_%s_%s_%s.tar.gz", r.Version, goos, arch)
			r.Platforms = append(r.Platforms, platform{
				OS: goos, Arch: arch,
				URI:    "https://github.com/kubectl-img/kubectl-img/releases/download/" + r.Version + "/" + archive,
				SHA256: strings.Repeat("0123456789abcdef", 4),
			})
		}
	}
	return r
}

func fill(t *testing.T, r release) manifest {
	t.Helper()
	var out bytes.Buffer
	if err := template.Must(template.New("img.yaml").Option("missingkey=error").Parse(text)).Execute(&out, r); err != nil {
		t.Fatal(err)
	}
	if *filled != "" {
		if err := os.WriteFile(*filled, out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var m manifest
	// Strictly: krew drops a misspelt field without a word.
	if err := yaml.UnmarshalStrict(out.Bytes(), &m); err != nil {
		t.Fatalf("%v in:\n%s", err, out.Bytes())
	}
	return m
}

func TestManifest(t *testing.T) {
	r := example()
	m := fill(t, r)
	got := []string{m.APIVersion, m.Kind, m.Metadata.Name, m.Spec.Version}
	if diff := cmp.Diff([]string{"krew.googlecontainertools.github.com/v1alpha2", "Plugin", "img", r.Version}, got); diff != "" {
		t.Errorf("head (-want +got):\n%s", diff)
	}
	if _, err := version.ParseSemantic(m.Spec.Version); err != nil || !strings.HasPrefix(m.Spec.Version, "v") {
		t.Errorf("version %q: want semver after a v (%v)", m.Spec.Version, err)
	}
	short := m.Spec.ShortDescription
	if n := len(short); n == 0 || n > 50 || strings.ContainsAny(short, "\r\n") || strings.HasSuffix(short, ".") {
		t.Errorf("short description %q: want one line of at most 50 characters without a full stop", short)
	}
	for name, long := range map[string]string{"description": m.Spec.Description, "caveats": m.Spec.Caveats} {
		for line := range strings.Lines(long) {
			if len(strings.TrimSpace(line)) > 80 {
				t.Errorf("%s is printed as it is; %q is over 80 characters", name, line)
			}
		}
		if long == "" {
			t.Errorf("%s is empty", name)
		}
	}
	if !strings.HasPrefix(m.Spec.Homepage, "https://") {
		t.Errorf("homepage %q", m.Spec.Homepage)
	}
}

func TestManifestPlatforms(t *testing.T) {
	r := example()
	m := fill(t, r)
	if len(m.Spec.Platforms) != len(r.Platforms) {
		t.Fatalf("%d platforms, want %d", len(m.Spec.Platforms), len(r.Platforms))
	}
	sum := regexp.MustCompile(`^[a-f0-9]{64}$`)
	for i, p := range m.Spec.Platforms {
		want := r.Platforms[i]
		t.Run(want.OS+"/"+want.Arch, func(t *testing.T) {
			// Other keys are refused, and two entries for one machine too; these are all different.
			if diff := cmp.Diff(map[string]string{"os": want.OS, "arch": want.Arch}, p.Selector.MatchLabels); diff != "" {
				t.Errorf("selector (-want +got):\n%s", diff)
			}
			if p.URI != want.URI || !sum.MatchString(p.SHA256) || p.SHA256 != want.SHA256 {
				t.Errorf("uri %q, sha256 %q", p.URI, p.SHA256)
			}
			bin := "kubectl-img"
			if want.OS == "windows" {
				bin += ".exe"
			}
			if p.Bin != bin {
				t.Errorf("bin %q, want %q", p.Bin, bin)
			}
			// krew's index takes no plugin whose licence is not installed with it.
			if diff := cmp.Diff([]file{{bin, "."}, {"LICENSE", "."}}, p.Files); diff != "" {
				t.Errorf("files (-want +got):\n%s", diff)
			}
		})
	}
}
