package e2e_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/kubectl-img/kubectl-img/tests/cluster/fixture"
)

// busybox is a base image with a shell.
func busybox() string { return shared.Registry + "/busybox:1" }

// shell is a Dockerfile on top of busybox.
func shell(lines ...string) string {
	return "FROM " + busybox() + "\n" + strings.Join(lines, "\n") + "\n"
}

// scratch is a Dockerfile without a base image.
func scratch(lines ...string) string { return "FROM scratch\n" + strings.Join(lines, "\n") + "\n" }

// contextOf makes a build context: contents by the files' names.
func contextOf(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	if err := fixture.WriteContext(dir, files); err != nil {
		t.Fatal(err)
	}
	return dir
}

// only is a context with only a Dockerfile.
func only(t *testing.T, dockerfile string) string {
	t.Helper()
	return contextOf(t, map[string]string{"Dockerfile": dockerfile})
}

// smallContext is a context of a build that takes little time.
func smallContext(t *testing.T) string {
	t.Helper()
	return only(t, scratch("LABEL a=b"))
}

// uniqueStep is a Dockerfile whose image shows whether the step ran again.
func uniqueStep() string { return shell("RUN cat /proc/sys/kernel/random/uuid >/uuid") }

// endless is a context of a build that takes longer than any test. Its step prints begun, a text that is not in the Dockerfile.
func endless(t *testing.T) string {
	t.Helper()
	return only(t, shell("RUN echo begun-$((40+2)); sleep 1000"))
}

const begun = "begun-42"

// archiveOf is a tar archive of files.
func archiveOf(t *testing.T, files map[string]string) string {
	t.Helper()
	var out strings.Builder
	w := tar.NewWriter(&out)
	for name, content := range files {
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(content))}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// stdinContext is an archive with a Dockerfile and files, whose owner must not be the owner in the image.
func stdinContext(t *testing.T) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	add := func(h tar.Header, content string) {
		h.Size, h.ModTime, h.Uid, h.Gid, h.Uname = int64(len(content)), leafTime, other, other, "somebody"
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, content); err != nil {
			t.Fatal(err)
		}
	}
	add(tar.Header{Name: "Dockerfile", Typeflag: tar.TypeReg, Mode: 0o644}, scratch("COPY files /c/"))
	add(tar.Header{Name: "files/", Typeflag: tar.TypeDir, Mode: 0o755}, "")
	add(tar.Header{Name: "files/sub/", Typeflag: tar.TypeDir, Mode: 0o555}, "")
	add(tar.Header{Name: "files/sub/program", Typeflag: tar.TypeReg, Mode: 0o755}, strings.Repeat("x", 100_000))
	add(tar.Header{Name: "files/sub/link", Typeflag: tar.TypeSymlink, Mode: 0o777, Linkname: "nowhere"}, "")
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// compressions are the formats of archives that the plugin accepts.
func compressions(t *testing.T) map[string]func([]byte) []byte {
	through := func(open func(io.Writer) io.WriteCloser) func([]byte) []byte {
		return func(plain []byte) []byte {
			var out bytes.Buffer
			w := open(&out)
			if _, err := w.Write(plain); err != nil {
				t.Error(err)
			}
			if err := w.Close(); err != nil {
				t.Error(err)
			}
			return out.Bytes()
		}
	}
	return map[string]func([]byte) []byte{
		"plain": func(plain []byte) []byte { return plain },
		"gzip":  through(func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }),
		"zstd": through(func(w io.Writer) io.WriteCloser {
			z, err := zstd.NewWriter(w)
			if err != nil {
				t.Error(err)
			}
			return z
		}),
	}
}

// fill writes a file that does not compress, and returns its SHA-256.
func fill(t *testing.T, path string, size int64) []byte {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	sum := sha256.New()
	var seed [32]byte
	copy(seed[:], path)
	if _, err := io.CopyN(io.MultiWriter(file, sum), rand.NewChaCha8(seed), size); err != nil {
		t.Fatal(err)
	}
	return sum.Sum(nil)
}
