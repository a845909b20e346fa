package e2e_test

import (
	"archive/tar"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-img/kubectl-img/tests/cluster/archive"
)

// entry describes a name in a layer. In an archive, only the first name of a file has its content; here all of its names have the same entry.
type entry struct {
	Kind    string // directory, file, link or pipe
	Mode    int64  // twelve bits; 0 for links, which have no mode
	Owner   [2]int
	Target  string // of a symbolic link
	Content string
	Time    time.Time // of files
	Twin    string    // the first of a file's names in alphabetical order, if it has several
	Xattrs  string    // extended attributes with their values, in alphabetical order
}

// listing reads an archive. The names of directories have no slash at the end.
func listing(t *testing.T, r io.Reader) map[string]entry {
	t.Helper()
	entries, twins := map[string]entry{}, map[string][]string{}
	if err := archive.Each(r, func(header *tar.Header, content io.Reader) error {
		name := strings.TrimSuffix(header.Name, "/")
		if header.Typeflag == tar.TypeLink {
			twins[header.Linkname] = append(twins[header.Linkname], name)
		} else {
			entries[name] = readEntry(t, header, content)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for first, others := range twins {
		linkTwins(entries, append(others, first))
	}
	return entries
}

// linkTwins gives all names of one file the same entry.
func linkTwins(entries map[string]entry, names []string) {
	var file entry
	for _, name := range names {
		if e, ok := entries[name]; ok {
			file = e
		}
	}
	file.Twin = names[0]
	for _, name := range names {
		file.Twin = min(file.Twin, name)
	}
	for _, name := range names {
		entries[name] = file
	}
}

func readEntry(t *testing.T, header *tar.Header, content io.Reader) entry {
	t.Helper()
	e := entry{Mode: header.Mode & 0o7777, Owner: [2]int{header.Uid, header.Gid}}
	for _, key := range slices.Sorted(maps.Keys(header.PAXRecords)) {
		if name, is := strings.CutPrefix(key, "SCHILY.xattr."); is {
			e.Xattrs += fmt.Sprintf("%s=%q ", name, header.PAXRecords[key])
		}
	}
	switch header.Typeflag {
	case tar.TypeDir:
		e.Kind = "directory"
	case tar.TypeSymlink:
		e.Kind, e.Target, e.Mode = "link", header.Linkname, 0
	case tar.TypeFifo:
		e.Kind = "pipe"
	case tar.TypeReg:
		data, err := io.ReadAll(content)
		if err != nil {
			t.Fatal(err)
		}
		e.Kind, e.Content, e.Time = "file", string(data), header.ModTime.UTC()
	default:
		t.Errorf("%s has type %q", header.Name, header.Typeflag)
	}
	return e
}
