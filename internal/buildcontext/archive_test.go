package buildcontext

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// compressions are functions that compress a whole archive.
var compressions = map[string]func(*testing.T, []byte) []byte{
	"plain": func(_ *testing.T, data []byte) []byte { return slices.Clone(data) },
	"gzip": func(t *testing.T, data []byte) []byte {
		return compressed(t, data, func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) })
	},
	"zstd": func(t *testing.T, data []byte) []byte {
		return compressed(t, data, func(w io.Writer) io.WriteCloser {
			z, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1))
			must(t, err)
			return z
		})
	},
}

func compressed(t *testing.T, data []byte, with func(io.Writer) io.WriteCloser) []byte {
	t.Helper()
	var b bytes.Buffer
	w := with(&b)
	_, err := w.Write(data)
	must(t, err)
	must(t, w.Close())
	return b.Bytes()
}

func simpleTar(t *testing.T) []byte {
	t.Helper()
	return tarOf(t, map[string]string{"Dockerfile": "FROM scratch\n", "f": strings.Repeat("content", 100)}, tar.Header{Name: "Dockerfile"}, tar.Header{Name: "f"})
}

// roundTrip sends an archive. It returns the error of the step that failed.
func roundTrip(t *testing.T, in []byte, dockerfile string) (*Context, string, Summary, error) {
	t.Helper()
	c, err := FromTar(bytes.NewReader(in), dockerfile)
	if err != nil {
		return nil, "", Summary{}, err
	}
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	sum, err := c.WriteTar(t.Context(), w, "context")
	if err != nil {
		return c, "", sum, err
	}
	must(t, w.Close())
	return c, listing(t, b.Bytes()), sum, nil
}

func TestArchiveEntries(t *testing.T) {
	in := tarOf(t, map[string]string{"./Dockerfile": "FROM scratch\n", "/abs/f": "f", "a/../b": "b", "suid": "s", "pax/" + long: "deep", "x/y/z": "z"},
		tar.Header{Name: "./", Typeflag: tar.TypeDir, Mode: 0o700},
		tar.Header{Typeflag: tar.TypeXGlobalHeader, Name: "pax_global_header", PAXRecords: map[string]string{"comment": "commit"}, Format: tar.FormatPAX},
		tar.Header{Name: "./Dockerfile", Uid: 12, Gid: 34, Uname: "me", Gname: "us"},
		tar.Header{Name: "/abs/", Typeflag: tar.TypeDir, Mode: 0o500},
		tar.Header{Name: "/abs/f", Mode: 0o100640},
		tar.Header{Name: "a/../b"},
		tar.Header{Name: "hard", Typeflag: tar.TypeLink, Linkname: "./b"},
		tar.Header{Name: "sym", Typeflag: tar.TypeSymlink, Linkname: "/anywhere/../x"},
		tar.Header{Name: "suid", Mode: 0o4711, Uid: 1000},
		tar.Header{Name: "fifo", Typeflag: tar.TypeFifo},
		tar.Header{Name: "null", Typeflag: tar.TypeChar, Devmajor: 1, Devminor: 3},
		tar.Header{Name: "disk", Typeflag: tar.TypeBlock, Devmajor: 8},
		tar.Header{Name: "disk2", Typeflag: tar.TypeLink, Linkname: "disk"},
		tar.Header{Name: "pax/" + long, Format: tar.FormatPAX, PAXRecords: map[string]string{"SCHILY.xattr.user.x": "y"}},
		tar.Header{Name: "x/y/z"},
	)
	c, got, sum, err := roundTrip(t, in, "")
	must(t, err)
	golden(t, "archive.txt", got)
	golden(t, "archive.sh", string(sum.ModeScript()))
	if diff := cmp.Diff([]Skipped{{"fifo", "named pipe"}, {"null", "device"}, {"disk", "device"}, {"disk2", "device"}}, sum.Skipped); diff != "" {
		t.Error(diff)
	}
	if string(c.Dockerfile()) != "FROM scratch\n" || c.DockerfilePath() != "Dockerfile" {
		t.Errorf("Dockerfile %q at %q", c.Dockerfile(), c.DockerfilePath())
	}
	if scanned, err := c.Scan(t.Context()); err != nil || !cmp.Equal(scanned, Summary{}, cmp.AllowUnexported(Summary{}, fileMode{})) {
		t.Errorf("Scan = %v, %v", scanned, err)
	}
	if err := sendError(t.Context(), c); !errors.Is(err, errConsumed) {
		t.Errorf("sent twice: %v", err)
	}
}

func TestArchiveCompression(t *testing.T) {
	plain := simpleTar(t)
	_, want, _, err := roundTrip(t, plain, "")
	must(t, err)
	for name, pack := range compressions {
		t.Run(name, func(t *testing.T) {
			in := pack(t, plain)
			padded := append(slices.Clone(in), make([]byte, 1<<20)...)
			double := pack(t, append(slices.Clone(plain), "garbage behind the end marker"...))
			halves := append(pack(t, plain[:700]), pack(t, plain[700:])...)
			for what, in := range map[string][]byte{"whole": in, "padded": padded, "garbage": double, "two members": halves} {
				r := bytes.NewReader(in)
				c, err := FromTar(r, "")
				must(t, err)
				stream, _ := sent(t, c, "context")
				if diff := cmp.Diff(want, listing(t, stream)); diff != "" {
					t.Errorf("%s:\n%s", what, diff)
				}
				if r.Len() != 0 {
					t.Errorf("%s: %d bytes left in the pipe", what, r.Len())
				}
			}
		})
	}
}

func TestArchiveTruncated(t *testing.T) {
	plain := simpleTar(t)
	for name, pack := range compressions {
		t.Run(name, func(t *testing.T) {
			whole := pack(t, plain)
			for n := 1; n < len(whole); n++ {
				if name == "plain" && n > 12 && !slices.Contains([]int{0, 1, 100, 257, 511}, n%blockSize) {
					continue // no part of the archive begins or ends there
				}
				_, _, _, err := roundTrip(t, whole[:n], "")
				if name == "plain" && n <= len("Dockerfile") || name == "zstd" && n == 1 {
					continue // this much is text, and so a Dockerfile
				}
				if err == nil {
					t.Fatalf("%d of %d bytes passed", n, len(whole))
				}
				if n >= blockSize && !errors.Is(err, io.ErrUnexpectedEOF) {
					t.Fatalf("%d of %d bytes: %v", n, len(whole), err)
				}
			}
		})
	}
}

func TestArchiveWrongChecksum(t *testing.T) {
	in := compressions["gzip"](t, simpleTar(t))
	in[len(in)-6]++ // in the checksum, which follows all entries
	if _, _, _, err := roundTrip(t, in, ""); !errors.Is(err, gzip.ErrChecksum) {
		t.Errorf("got %v", err)
	}
}

func TestFromTarError(t *testing.T) {
	entry := func(hdr tar.Header) []byte {
		return tarOf(t, nil, tar.Header{Name: "first"}, hdr)
	}
	linked := func(name, target string) []byte {
		return tarOf(t, nil, tar.Header{Name: name, Typeflag: tar.TypeSymlink, Linkname: target})
	}
	for _, tc := range []struct {
		name       string
		in         []byte
		dockerfile string
		want       error
	}{
		{"nothing", nil, "", errEmptyInput},
		{"an archive of nothing", make([]byte, 10240), "", errEmptyInput},
		{"gzip of nothing", compressions["gzip"](t, nil), "", errEmptyInput},
		{"gzip of text", compressions["gzip"](t, []byte("FROM scratch")), "", errNotArchive},
		{"binary", []byte("\x7fELF\x02\x01\x01\x00"), "", errNotArchive},
		{"not quite text", bytes.Repeat([]byte{0xff, 0xfe}, 300), "", errNotArchive},
		{"text, then binary", append(bytes.Repeat([]byte("# text\n"), 100), 0), "", errNotArchive},
		{"spaces", []byte(" \n"), "", errEmptyDockerfile},
		{"large text", bytes.Repeat([]byte("#"), maxFileBytes+1), "", errTooLarge},
		{"bzip2", []byte("BZh91AY&SY"), "", errUnsupported},
		{"xz", []byte("\xfd7zXZ\x00\x00"), "", errUnsupported},
		{"zip", []byte("PK\x03\x04..."), "", errUnsupported},
		{"text and -f", []byte("FROM scratch"), "Dockerfile", errAmbiguousDockerfile},
		{"-f from stdin too", simpleTar(t), "-", errAmbiguousDockerfile},
		{"-f outside", simpleTar(t), "../Dockerfile", errEscapes},
		{"-f is the root", simpleTar(t), "./", errIsDirectory},
		{"no Dockerfile", tarOf(t, nil, tar.Header{Name: "f"}), "", ErrNoDockerfile},
		{"no such Dockerfile", simpleTar(t), "sub/Dockerfile", ErrNoDockerfile},
		{"empty Dockerfile", tarOf(t, nil, tar.Header{Name: "Dockerfile"}), "", errEmptyDockerfile},
		{"blank Dockerfile", tarOf(t, map[string]string{"Dockerfile": "\n"}, tar.Header{Name: "Dockerfile"}), "", errEmptyDockerfile},
		{"large Dockerfile", tarOf(t, map[string]string{"Dockerfile": strings.Repeat("#", maxFileBytes+1)}, tar.Header{Name: "Dockerfile"}), "", errTooLarge},
		{"Dockerfile is a directory", tarOf(t, nil, tar.Header{Name: "Dockerfile/", Typeflag: tar.TypeDir}), "", errIsDirectory},
		{"an entry outside", entry(tar.Header{Name: "../f"}), "", errEscapes},
		{"an entry outside, later", entry(tar.Header{Name: "a/../../f"}), "", errEscapes},
		{"an absolute entry outside", entry(tar.Header{Name: "/../f"}), "", errEscapes},
		{"a directory outside", entry(tar.Header{Name: "..", Typeflag: tar.TypeDir}), "", errEscapes},
		{"a hard link outside", entry(tar.Header{Name: "l", Typeflag: tar.TypeLink, Linkname: "../f"}), "", errEscapes},
		{"Dockerfile is a link to an absolute path", linked("Dockerfile", "/run/secrets/x"), "", errEscapes},
		{"Dockerfile is a link that leads out", linked("Dockerfile", "a/../../x"), "", errEscapes},
		{"-f is a link that leads out", linked("sub/prod", "../../x"), "sub/prod", errEscapes},
		{"a root that is a file", entry(tar.Header{Name: "."}), "", nil},
		{"an entry of no known type", entry(tar.Header{Name: "f", Typeflag: 'Z'}), "", nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, _, _, err := roundTrip(t, tc.in, tc.dockerfile)
			if err == nil || tc.want != nil && !errors.Is(err, tc.want) {
				t.Errorf("got %v, want %v", err, tc.want)
			}
		})
	}
}

func TestFromTarText(t *testing.T) {
	for _, text := range []string{"FROM scratch\n", "F", "# J\xf6rg schrieb dies vor langer Zeit\nFROM scratch\n", strings.Repeat("# größer\n", 200), "\xef\xbb\xbfFROM scratch"} {
		c, err := FromTar(strings.NewReader(text), "")
		must(t, err)
		if string(c.Dockerfile()) != text || c.DockerfilePath() != "" || len(namesOf(t, c)) != 0 {
			t.Errorf("%q became %q", text, c.Dockerfile())
		}
	}
}

func TestArchiveDockerfile(t *testing.T) {
	for _, tc := range []struct {
		name, dockerfile, path, content string
		hdrs                            []tar.Header
	}{
		{"lower case", "", "dockerfile", "lower", []tar.Header{{Name: "dockerfile"}}},
		{"both", "", "Dockerfile", "upper", []tar.Header{{Name: "dockerfile"}, {Name: "Dockerfile"}}},
		{"both, the other way", "", "Dockerfile", "upper", []tar.Header{{Name: "Dockerfile"}, {Name: "dockerfile"}}},
		{"named", "./sub/prod", "sub/prod", "prod", []tar.Header{{Name: "Dockerfile"}, {Name: "sub/prod"}}},
		{"a link", "", "Dockerfile", "", []tar.Header{{Name: "sub/prod"}, {Name: "Dockerfile", Typeflag: tar.TypeSymlink, Linkname: "sub/prod"}}},
		{"a link to the parent directory", "sub/prod", "sub/prod", "", []tar.Header{{Name: "sub/prod", Typeflag: tar.TypeSymlink, Linkname: "../x"}}},
		{"the last of its name", "", "Dockerfile", "", []tar.Header{{Name: "Dockerfile"}, {Name: "Dockerfile", Typeflag: tar.TypeSymlink, Linkname: "x"}}},
		{"a large one of no use", "", "Dockerfile", "upper", []tar.Header{{Name: "dockerfile", Typeflag: tar.TypeDir}, {Name: "Dockerfile"}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			content := map[string]string{"dockerfile": "lower", "Dockerfile": "upper", "sub/prod": "prod"}
			var b bytes.Buffer
			w := tar.NewWriter(&b)
			for _, hdr := range tc.hdrs {
				if hdr.Typeflag == 0 {
					hdr.Size = int64(len(content[hdr.Name]))
				}
				must(t, w.WriteHeader(&hdr))
				_, err := io.WriteString(w, content[hdr.Name][:hdr.Size])
				must(t, err)
			}
			must(t, w.Close())
			c, _, _, err := roundTrip(t, b.Bytes(), tc.dockerfile)
			must(t, err)
			if string(c.Dockerfile()) != tc.content || c.DockerfilePath() != tc.path {
				t.Errorf("got %q at %q", c.Dockerfile(), c.DockerfilePath())
			}
		})
	}
}

func TestArchiveErrorIsOneLine(t *testing.T) {
	in := tarOf(t, nil, tar.Header{Name: "../a\nerror: \x1b[31mall lost"})
	_, _, _, err := roundTrip(t, in, "")
	if err == nil || strings.ContainsAny(err.Error(), "\n\x1b") {
		t.Errorf("got %q", fmt.Sprint(err))
	}
}
