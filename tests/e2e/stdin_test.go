package e2e_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"
)

func TestArchiveOnStdinIsTheContext(t *testing.T) {
	t.Parallel()
	for name, compress := range compressions(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ns := namespace(t, privileged)
			c := build(ns, "-t", repository(ns), "-")
			c.stdin = bytes.NewReader(compress(archive(t)))
			c.run(t).succeeds(t)
			want := map[string]entry{
				"c":             {Kind: "directory", Mode: 0o755},
				"c/sub":         {Kind: "directory", Mode: 0o555},
				"c/sub/program": {Kind: "file", Mode: 0o755, Content: strings.Repeat("x", 100_000), Time: leafTime},
				"c/sub/link":    {Kind: "link", Target: "nowhere"},
			}
			if diff := cmp.Diff(want, onlyLayer(t, pull(t, repository(ns)))); diff != "" {
				t.Errorf("content (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTruncatedArchiveIsAnErrorAndNothingIsPushed(t *testing.T) {
	t.Parallel()
	for name, compress := range compressions(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ns := namespace(t, privileged)
			c := build(ns, "-t", repository(ns), "-")
			whole := compress(archive(t))
			c.stdin = bytes.NewReader(whole[:len(whole)*2/3])
			r := c.run(t)
			r.fails(t, r.code, "unexpected EOF")
			if r.code != codeInternal && r.code != codeUsage {
				t.Errorf("exit code %d:\n%s", r.code, r.stderr)
			}
			if isPushed(t, repository(ns)) {
				t.Error("pushed")
			}
		})
	}
}

func TestTextOnStdinIsTheDockerfile(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	c := build(ns, "-t", repository(ns), "-")
	c.stdin = strings.NewReader(shell("RUN echo alone >/file"))
	c.run(t).succeeds(t)
	if got := fileIn(t, pull(t, repository(ns)), "file"); got != "alone\n" {
		t.Errorf("content %q", got)
	}
}

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

// archive belongs to somebody whose ids must not show in the image.
func archive(t *testing.T) []byte {
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
