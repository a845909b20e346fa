// Package release_test tests the files that `make dist` makes: the archives, their sums, the SBOMs and the krew manifest.
package release_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-img/kubectl-img/tests/cluster/archive"
	"github.com/kubectl-img/kubectl-img/tests/cluster/program"
)

// largest is the most bytes that a binary may have.
const largest = 60_000_000

func root(parts ...string) string { return filepath.Join(append([]string{"..", ".."}, parts...)...) }

// metadata has the fields that the tests need of goreleaser's metadata.json.
type metadata struct {
	Version string `json:"version"`
}

// about is the metadata of the release in dist.
func about(t *testing.T) metadata {
	t.Helper()
	return decoded[metadata](t, read(t, root("dist", "metadata.json")))
}

func archiveName(version, goos, arch string) string {
	return "kubectl-img_v" + version + "_" + goos + "_" + arch + ".tar.gz"
}

func TestArchives(t *testing.T) {
	version := about(t).Version
	sums := checksums(t, root("dist"))
	for _, goos := range []string{"linux", "darwin", "windows"} {
		for _, arch := range []string{"amd64", "arm64"} {
			t.Run(goos+"/"+arch, func(t *testing.T) {
				name, binary := archiveName(version, goos, arch), "kubectl-img"
				if goos == "windows" {
					binary += ".exe"
				}
				packed := read(t, root("dist", name))
				if got := sum(packed); got != sums[name] {
					t.Errorf("sum %s, checksums.txt has %q", got, sums[name])
				}
				files := unpack(t, packed)
				var names []string
				for name := range files {
					names = append(names, name)
				}
				slices.Sort(names)
				if diff := cmp.Diff([]string{"LICENSE", binary}, names); diff != "" {
					t.Fatalf("files (-want +got):\n%s", diff)
				}
				if !bytes.Equal(files["LICENSE"], read(t, root("LICENSE"))) {
					t.Error("LICENSE is not that of the repository")
				}
				if size := len(files[binary]); size > largest {
					t.Errorf("binary of %d bytes, want at most %d", size, largest)
				}
				checkBill(t, strings.TrimSuffix(name, ".tar.gz")+".cdx.json", sums)
			})
		}
	}
}

// checkBill looks for modules that the plugin always has in an SBOM.
func checkBill(t *testing.T, name string, sums map[string]string) {
	t.Helper()
	encoded := read(t, root("dist", name))
	if sums[name] != sum(encoded) {
		t.Errorf("%s is not in checksums.txt with its sum", name)
	}
	bill := decoded[struct {
		Format     string `json:"bomFormat"`
		Components []struct {
			Name, Version string
		} `json:"components"`
	}](t, encoded)
	for _, want := range []string{"k8s.io/client-go", "github.com/spf13/cobra", "std"} {
		found := false
		for _, c := range bill.Components {
			found = found || c.Name == want && c.Version != ""
		}
		if !found {
			t.Errorf("%s (%s, %d components) has no %s", name, bill.Format, len(bill.Components), want)
		}
	}
}

// TestVersion expects that the binary prints the version, commit and builder image of the release.
func TestVersion(t *testing.T) {
	release := about(t)
	binary := filepath.Join(t.TempDir(), "kubectl-img")
	packed := read(t, root("dist", archiveName(release.Version, runtime.GOOS, runtime.GOARCH)))
	if err := os.WriteFile(binary, unpack(t, packed)["kubectl-img"], 0o755); err != nil {
		t.Fatal(err)
	}
	commit := strings.TrimSpace(output(t, root(), nil, "git", "rev-parse", "--short=12", "HEAD"))
	got := output(t, ".", nil, binary, "version", "--client")
	for _, want := range []string{release.Version, "(commit " + commit + ")", "builder image: ghcr.io/kubectl-img/builder:" + release.Version} {
		if !strings.Contains(got, want) {
			t.Errorf("version %q lacks %q", got, want)
		}
	}
}

func decoded[T any](t *testing.T, encoded []byte) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(encoded, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v (run make dist first)", err)
	}
	return content
}

func sum(content []byte) string {
	s := sha256.Sum256(content)
	return hex.EncodeToString(s[:])
}

func checksums(t *testing.T, dist string) map[string]string {
	t.Helper()
	sums := map[string]string{}
	for line := range strings.Lines(string(read(t, filepath.Join(dist, "checksums.txt")))) {
		value, name, _ := strings.Cut(strings.TrimSpace(line), "  ")
		sums[name] = value
	}
	return sums
}

func unpack(t *testing.T, packed []byte) map[string][]byte {
	t.Helper()
	zipped, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	files, err := archive.Files(zipped)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// output is what a program writes to stdout. If the program fails, the test ends.
func output(t *testing.T, dir string, env []string, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	out, err := program.Output(cmd)
	if err != nil {
		t.Fatal(err)
	}
	return out
}
