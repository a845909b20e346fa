package buildcontext

import (
	"archive/tar"
	"bytes"
	"io"
	"strings"
	"testing"
)

// Whatever stdin holds: no panic, and what passes is an archive that stays below its prefix.
func FuzzFromTar(f *testing.F) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, hdr := range []tar.Header{{Name: "Dockerfile", Typeflag: tar.TypeReg, Size: 4}, {Name: "l", Typeflag: tar.TypeLink, Linkname: "Dockerfile"}, {Name: "../up/" + long}} {
		_ = w.WriteHeader(&hdr)
		_, _ = io.WriteString(w, "FROM")
	}
	_ = w.Close()
	for _, seed := range [][]byte{b.Bytes(), []byte("FROM scratch"), []byte("\x1f\x8b\x08"), []byte(zstdMagic), make([]byte, 1024)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		c, err := FromTar(bytes.NewReader(in), "")
		if err != nil {
			return
		}
		var out bytes.Buffer
		w := tar.NewWriter(&out)
		if _, err := c.WriteTar(t.Context(), w, "p"); err != nil {
			return
		}
		must(t, w.Close())
		list, _ := entriesOf(t, out.Bytes())
		for _, hdr := range list {
			if !strings.HasPrefix(hdr.Name, "p/") || strings.Contains("/"+hdr.Name+"/", "/../") {
				t.Errorf("entry %q", hdr.Name)
			}
		}
	})
}

// Whatever an ignore file holds: an error, or a walk that ends.
func FuzzIgnoreFile(f *testing.F) {
	for _, seed := range []string{"*\n!a", "**/b\n", "[a-", "!\n", "a\\", "# x\n\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, ignore string) {
		m, err := (&ignoreFile{name: ".dockerignore", content: []byte(ignore)}).matcher()
		if err != nil {
			return
		}
		root := writeTree(t, "a/b/Dockerfile", "a/x", "b/y/z")
		w := &walker{root: root, rules: &rules{m}, visit: func(node) error { return nil }}
		if err := w.walk(t.Context()); err != nil {
			t.Error(err)
		}
	})
}
