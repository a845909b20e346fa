package buildcontext

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// For any ignore file and any file name: an error, or the entries that BuildKit's client sends, in the same order.
func FuzzIgnoreFile(f *testing.F) {
	for _, seed := range []string{
		"*\n!a", "**/b\n", "[a-", "!\n", "a\\", "# x\n\n", "*\n!a/b/x*\n", "a\n!a/b\na/b/c", "**\n!**/*.go\nb/**", "\xef\xbb\xbfa\r\n! b\r\n", "a/[^b]\n!a/**/x",
		"/\n.\n./a/../b", "*/*\n!?/b", "**/a**\n!a**b", "a\n!./a/b/.", "!*\n*", "a+b\n!(a|b)", "*/..\n!/a", "[a-b]*\n![]-b]",
	} {
		f.Add(seed, "d/e")
	}
	root := f.TempDir()
	for _, name := range []string{"a/b/x.go", "a/b/c/x", "a/x", "b/y/z", "b/a/b/c", "c", "a.go", "ab/b"} {
		if err := errors.Join(os.MkdirAll(filepath.Join(root, filepath.Dir(name)), 0o755), os.WriteFile(filepath.Join(root, name), nil, 0o644)); err != nil {
			f.Fatal(err)
		}
	}
	f.Fuzz(func(t *testing.T, ignore, name string) {
		defer createFile(t, root, name)()
		// The ignore file is outside the tree; its name follows from the Dockerfile's.
		beside := t.TempDir()
		must(t, os.WriteFile(filepath.Join(beside, "f"), []byte("FROM scratch"), 0o644))
		must(t, os.WriteFile(filepath.Join(beside, "f.dockerignore"), []byte(ignore), 0o644))
		c, err := FromDir(root, filepath.Join(beside, "f"), nil)
		if err != nil {
			if strings.ContainsAny(err.Error(), "\r\n") {
				t.Errorf("error of several lines: %q", err)
			}
			return
		}
		got := namesOf(t, c)
		want, err := asBuildKit(t, root, ignore)
		if err != nil {
			t.Fatalf("BuildKit rejects it: %v", err)
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("sent (-BuildKit +got):\n%s", diff)
		}
		if want, ok := asDocumented(t, root, ignore); ok {
			if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("sent (-documented +got):\n%s", diff)
			}
		}
	})
}

// createFile creates a file of any name below root, if the file system accepts the name, and returns a function that removes it.
func createFile(t *testing.T, root, name string) (remove func()) {
	t.Helper()
	clean, err := cleanName(name)
	if err != nil || clean == "." || len(clean) > 200 || strings.ContainsRune(clean, 0) {
		return func() {}
	}
	first, _, _ := strings.Cut(clean, "/")
	if _, err := os.Lstat(filepath.Join(root, first)); err == nil {
		return func() {}
	}
	must(t, os.MkdirAll(filepath.Join(root, filepath.Dir(clean)), 0o755))
	must(t, os.WriteFile(filepath.Join(root, clean), nil, 0o644))
	return func() { must(t, os.RemoveAll(filepath.Join(root, first))) }
}

// For any input: no panic, and the result is what archive/tar reads, with the prefix before every name.
func FuzzFromTar(f *testing.F) {
	for _, seed := range tarSeeds() {
		f.Add(seed, byte(0), false)
		f.Add(seed, byte(1), true)
		f.Add(seed, byte(2), true)
	}
	for _, seed := range []string{"FROM scratch", "\x1f\x8b\x08", zstdMagic, "\x50\x2a\x4d\x18\x00\x00\x00\x00", "BZh", strings.Repeat("\x00", 1024)} {
		f.Add([]byte(seed), byte(0), false)
	}
	f.Fuzz(func(t *testing.T, in []byte, packing byte, fix bool) {
		if fix {
			in = fixChecksums(in)
		}
		stream := compressions[[]string{"plain", "gzip", "zstd"}[packing%3]](t, in)
		r := bytes.NewReader(stream)
		c, err := FromTar(r, "")
		if err != nil {
			return
		}
		var out bytes.Buffer
		w := tar.NewWriter(&out)
		_, err = c.WriteTar(t.Context(), w, "p")
		if err != nil {
			if strings.ContainsAny(err.Error(), "\r\n") {
				t.Errorf("error of several lines: %q", err)
			}
			return
		}
		must(t, w.Close())
		if r.Len() > 0 {
			t.Errorf("%d bytes left in the pipe", r.Len())
		}
		got := treeIn(t, out.Bytes(), "/p")
		if isTar(in) {
			if diff := cmp.Diff(treeIn(t, in, ""), got); diff != "" {
				t.Errorf("the archive as it is read (-archive/tar +got):\n%s", diff)
			}
		}
		checkWithGNU(t, out.Bytes())
	})
}

func tarSeeds() [][]byte {
	var seeds [][]byte
	for _, format := range []tar.Format{tar.FormatUSTAR, tar.FormatGNU, tar.FormatPAX} {
		var b bytes.Buffer
		w := tar.NewWriter(&b)
		for _, hdr := range []tar.Header{
			{Name: "./", Typeflag: tar.TypeDir},
			{Name: "Dockerfile", Typeflag: tar.TypeReg, Size: 4},
			{Name: "/d/../e/f", Typeflag: tar.TypeReg, Mode: 0o4755, Size: 4},
			{Name: "l", Typeflag: tar.TypeLink, Linkname: "./Dockerfile"},
			{Name: "s", Typeflag: tar.TypeSymlink, Linkname: "/etc/../x"},
			{Name: "fifo", Typeflag: tar.TypeFifo},
			{Name: "e/f", Typeflag: tar.TypeReg, Size: 4},
			{Name: "e", Typeflag: tar.TypeDir, Mode: 0o2500},
		} {
			hdr.Format = format
			_ = w.WriteHeader(&hdr)
			_, _ = io.WriteString(w, "FROM"[:hdr.Size])
		}
		_ = w.WriteHeader(&tar.Header{Name: "../up/" + long, Format: format})
		_ = w.Close()
		seeds = append(seeds, b.Bytes())
	}
	return seeds
}

// fixChecksums gives every header of a damaged archive a valid checksum, so that the test reaches the other damage.
func fixChecksums(in []byte) []byte {
	fixed := bytes.Clone(in)
	for rest := fixed; len(rest) >= blockSize && bytes.Count(rest, []byte{0}) < len(rest); {
		header := rest[:blockSize]
		copy(header[148:156], "        ")
		sum := 0
		for _, b := range header {
			sum += int(b)
		}
		copy(header[148:156], fmt.Sprintf("%06o\x00 ", sum))
		var size int
		_, _ = fmt.Sscanf(string(header[124:136]), "%o", &size)
		blocks := 1 + (size+blockSize-1)/blockSize
		if blocks < 1 || blocks > len(rest)/blockSize {
			break
		}
		rest = rest[blocks*blockSize:]
	}
	return fixed
}

// treeIn returns what an archive extracts to, according to archive/tar: each path below prefix with its last entry. It skips special
// files.
func treeIn(t *testing.T, stream []byte, prefix string) map[string]string {
	t.Helper()
	tree, special := map[string]string{}, map[string]bool{}
	relative := func(name string) string { return strings.TrimPrefix(path.Join("/", name), prefix) }
	for r := tar.NewReader(bytes.NewReader(stream)); ; {
		hdr, err := r.Next()
		if errors.Is(err, io.EOF) {
			return tree
		}
		must(t, err)
		content, err := io.ReadAll(r)
		must(t, err)
		if !under(prefix, strings.TrimSuffix(path.Join("/", hdr.Name), "/")) {
			t.Errorf("entry %q is not below %s", hdr.Name, prefix)
		}
		name, target := relative(hdr.Name), relative(hdr.Linkname)
		switch hdr.Typeflag {
		case tar.TypeReg, tar.TypeGNUSparse, tar.TypeCont:
			tree[name] = fmt.Sprintf("file %q", content)
		case tar.TypeSymlink:
			tree[name] = "link to " + hdr.Linkname
		case tar.TypeChar, tar.TypeBlock, tar.TypeFifo:
			special[name] = true
		case tar.TypeLink:
			if special[name] = special[name] || special[target]; !special[target] {
				tree[name] = "same as " + target
			}
		}
	}
}

// checkWithGNU lists the stream with GNU tar.
func checkWithGNU(t *testing.T, stream []byte) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "tar", "--list", "--quoting-style=escape", "--file=-")
	cmd.Stdin = bytes.NewReader(stream)
	out, err := cmd.CombinedOutput()
	list, _ := entriesOf(t, stream)
	if err != nil || strings.Count(string(out), "\n") != len(list) {
		t.Errorf("GNU tar: %v instead of %d entries:\n%s", err, len(list), out)
	}
}
