package buildcontext

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/patternmatcher"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// writeTree creates files in a new directory: "name" or "name=content", and "dir/" for an empty directory.
func writeTree(t *testing.T, files ...string) string {
	t.Helper()
	root := t.TempDir()
	for _, f := range files {
		name, content, _ := strings.Cut(f, "=")
		file := filepath.Join(root, name)
		if strings.HasSuffix(name, "/") {
			must(t, os.MkdirAll(file, 0o755))
			continue
		}
		must(t, os.MkdirAll(filepath.Dir(file), 0o755))
		must(t, os.WriteFile(file, []byte(content), 0o644))
	}
	return root
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// sent returns the tar stream of c.
func sent(t *testing.T, c *Context, prefix string) ([]byte, Summary) {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	sum, err := c.WriteTar(t.Context(), w, prefix)
	must(t, err)
	must(t, w.Close())
	return b.Bytes(), sum
}

// entriesOf returns the entries of a stream, and their content by name.
func entriesOf(t *testing.T, stream []byte) ([]*tar.Header, map[string]string) {
	t.Helper()
	var list []*tar.Header
	contents := map[string]string{}
	r := tar.NewReader(bytes.NewReader(stream))
	for {
		hdr, err := r.Next()
		if errors.Is(err, io.EOF) {
			return list, contents
		}
		must(t, err)
		data, err := io.ReadAll(r)
		must(t, err)
		list = append(list, hdr)
		contents[hdr.Name] = string(data)
	}
}

// namesOf returns the names of the entries of c, in order.
func namesOf(t *testing.T, c *Context) []string {
	t.Helper()
	stream, _ := sent(t, c, "")
	list, _ := entriesOf(t, stream)
	var names []string
	for _, hdr := range list {
		names = append(names, hdr.Name)
	}
	return names
}

// listing returns a stream as text, with everything that an image can contain except times.
func listing(t *testing.T, stream []byte) string {
	t.Helper()
	list, contents := entriesOf(t, stream)
	var b strings.Builder
	for _, hdr := range list {
		fmt.Fprintf(&b, "%c %04o %d/%d%s%s %d %q", hdr.Typeflag, hdr.Mode, hdr.Uid, hdr.Gid, hdr.Uname, hdr.Gname, hdr.Size, hdr.Name)
		if hdr.Linkname != "" {
			fmt.Fprintf(&b, " -> %q", hdr.Linkname)
		}
		if len(contents[hdr.Name]) > 0 {
			fmt.Fprintf(&b, " %.20q", contents[hdr.Name])
		}
		b.WriteString("\n")
	}
	return b.String()
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		must(t, os.MkdirAll("testdata", 0o755))
		must(t, os.WriteFile(file, []byte(got), 0o644))
	}
	want, err := os.ReadFile(file)
	must(t, err)
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got), rewrite with -update:\n%s", file, diff)
	}
}

// tarOf returns an archive of hdrs. Files have the content of their name in content.
func tarOf(t *testing.T, content map[string]string, hdrs ...tar.Header) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, hdr := range hdrs {
		if hdr.Typeflag == 0 {
			hdr.Typeflag = tar.TypeReg
		}
		if hdr.Mode == 0 && hdr.Typeflag != tar.TypeXGlobalHeader {
			hdr.Mode = 0o644
		}
		hdr.Size = int64(len(content[hdr.Name]))
		must(t, w.WriteHeader(&hdr))
		_, err := io.WriteString(w, content[hdr.Name])
		must(t, err)
	}
	must(t, w.Close())
	return b.Bytes()
}

func mustFromDir(t *testing.T, dir, dockerfile string) *Context {
	t.Helper()
	c, err := FromDir(dir, dockerfile, strings.NewReader("FROM scratch\n"))
	must(t, err)
	return c
}

// sendError sends c and returns the error.
func sendError(ctx context.Context, c *Context) error {
	_, err := c.WriteTar(ctx, tar.NewWriter(io.Discard), "context")
	return err
}

// without returns names without those of drop.
func without(names []string, drop ...string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool { return slices.Contains(drop, n) })
}

// long is a path of more than 255 characters, with a component of 255 characters.
var long = strings.Repeat("d", 200) + "/" + strings.Repeat("e", 200) + "/" + strings.Repeat("f", 255)

func noPatterns(t *testing.T) *patternmatcher.PatternMatcher {
	t.Helper()
	m, err := patternmatcher.New(nil)
	must(t, err)
	return m
}
