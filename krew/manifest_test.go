package krew

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/util/version"
	"sigs.k8s.io/yaml"
)

// manifest has the fields that krew v0.5.0 reads (pkg/index/types.go). krew's own validation is an internal package.
type manifest struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Metadata   struct {
		Name string `json:"name"`
	} `json:"metadata"`
	Spec struct {
		Version          string             `json:"version"`
		ShortDescription string             `json:"shortDescription"`
		Description      string             `json:"description"`
		Caveats          string             `json:"caveats"`
		Homepage         string             `json:"homepage"`
		Platforms        []manifestPlatform `json:"platforms"`
	} `json:"spec"`
}

type manifestPlatform struct {
	URI      string `json:"uri"`
	SHA256   string `json:"sha256"`
	Bin      string `json:"bin"`
	Selector struct {
		MatchLabels map[string]string `json:"matchLabels"`
	} `json:"selector"`
	Files []manifestFile `json:"files"`
}

type manifestFile struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// example returns a release with an archive for each of the plugin's platforms.
func example(t *testing.T) Release {
	t.Helper()
	r, err := Read("1.2.3", "", checksums())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// checksums returns the file for version 1.2.3 in goreleaser's order, with a file that the manifest does not use.
func checksums() string {
	var out strings.Builder
	for _, name := range []string{"darwin_amd64", "darwin_arm64", "linux_amd64", "linux_arm64", "windows_amd64", "windows_arm64"} {
		out.WriteString(strings.Repeat("0123456789abcdef", 4) + "  kubectl-img_v1.2.3_" + name + ".tar.gz\n")
	}
	return out.String() + strings.Repeat("f", 64) + "  kubectl-img_v1.2.3_linux_amd64.cdx.json\n"
}

// TestReadMissingPlatform removes one line of the checksums at a time.
func TestReadMissingPlatform(t *testing.T) {
	whole := checksums()
	for line := range strings.Lines(whole) {
		_, err := Read("1.2.3", "", strings.Replace(whole, line, "", 1))
		if got, want := err != nil, strings.Contains(line, ".tar.gz"); got != want {
			t.Errorf("without %q: %v", line, err)
		}
	}
}

func TestWriteMissingChecksum(t *testing.T) {
	r := example(t)
	r.Platforms[3].SHA256 = ""
	if err := r.Write(&bytes.Buffer{}); err == nil {
		t.Error("no error")
	}
}

// write writes the release's manifest and decodes it.
func write(t *testing.T, r Release) manifest {
	t.Helper()
	var out bytes.Buffer
	if err := r.Write(&out); err != nil {
		t.Fatal(err)
	}
	var m manifest
	// Strict, because krew ignores a misspelt field without an error.
	if err := yaml.UnmarshalStrict(out.Bytes(), &m); err != nil {
		t.Fatalf("%v in:\n%s", err, out.Bytes())
	}
	return m
}

func TestManifest(t *testing.T) {
	r := example(t)
	m := write(t, r)
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
				t.Errorf("%s is printed without wrapping; %q is longer than 80 characters", name, line)
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
	r := example(t)
	m := write(t, r)
	if len(m.Spec.Platforms) != len(r.Platforms) {
		t.Fatalf("%d platforms, want %d", len(m.Spec.Platforms), len(r.Platforms))
	}
	sum := regexp.MustCompile(`^[a-f0-9]{64}$`)
	for i, p := range m.Spec.Platforms {
		want := r.Platforms[i]
		t.Run(want.OS+"/"+want.Arch, func(t *testing.T) {
			// krew accepts no other keys. It also accepts no two entries for one platform; all of these differ.
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
			// krew's index accepts no plugin without an installed license.
			if diff := cmp.Diff([]manifestFile{{bin, "."}, {"LICENSE", "."}}, p.Files); diff != "" {
				t.Errorf("files (-want +got):\n%s", diff)
			}
		})
	}
}
