// Package release_test looks at what `make dist` left in dist: the archives, their sums, the SBOMs and the krew manifest.
package release_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const largest = 60_000_000 // bytes of a binary

func root(parts ...string) string { return filepath.Join(append([]string{"..", ".."}, parts...)...) }

// metadata is what goreleaser says of its run.
type metadata struct {
	Version string `json:"version"`
}

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
				archive := read(t, root("dist", name))
				if got := sum(archive); got != sums[name] {
					t.Errorf("sum %s, checksums.txt has %q", got, sums[name])
				}
				files := unpack(t, archive)
				var names []string
				for name := range files {
					names = append(names, name)
				}
				slices.Sort(names)
				if diff := cmp.Diff([]string{"LICENSE", binary}, names); diff != "" {
					t.Fatalf("files (-want +got):\n%s", diff)
				}
				if !bytes.Equal(files["LICENSE"], read(t, root("LICENSE"))) {
					t.Error("another licence")
				}
				if size := len(files[binary]); size > largest {
					t.Errorf("binary of %d bytes, want at most %d", size, largest)
				}
				checkBill(t, strings.TrimSuffix(name, ".tar.gz")+".cdx.json", sums)
			})
		}
	}
}

// checkBill holds an SBOM to the modules that the plugin can't do without.
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

func TestStamp(t *testing.T) {
	said := about(t)
	binary := filepath.Join(t.TempDir(), "kubectl-img")
	archive := read(t, root("dist", archiveName(said.Version, runtime.GOOS, runtime.GOARCH)))
	if err := os.WriteFile(binary, unpack(t, archive)["kubectl-img"], 0o755); err != nil {
		t.Fatal(err)
	}
	commit := strings.TrimSpace(output(t, root(), nil, "git", "rev-parse", "--short=12", "HEAD"))
	got := output(t, ".", nil, binary, "version", "--client")
	for _, want := range []string{said.Version, "(commit " + commit + ")", "builder image: ghcr.io/kubectl-img/builder:" + said.Version} {
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
		t.Fatalf("%v (make dist comes first)", err)
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

func unpack(t *testing.T, archive []byte) map[string][]byte {
	t.Helper()
	zipped, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for r := tar.NewReader(zipped); ; {
		head, err := r.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		if files[head.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
}

// output is what a program writes to stdout; one that fails ends the test.
func output(t *testing.T, dir string, env []string, program string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s%s", cmd, err, out, stderr.String())
	}
	return string(out)
}
