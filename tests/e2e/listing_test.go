package e2e_test

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

// entry is what a layer says about a name, in a form in which hard links don't depend on the order of the archive.
type entry struct {
	Kind    string // directory, file, link or pipe
	Mode    int64  // twelve bits; 0 for links, which have none
	Owner   [2]int
	Target  string // of a symbolic link
	Content string
	Time    time.Time // of files
	Twin    string    // the least of a file's names, if it has several
	Xattrs  string    // in order, with their values
}

// listing reads an archive. Names have no slash at the end.
func listing(t *testing.T, r io.Reader) map[string]entry {
	t.Helper()
	entries, twins := map[string]entry{}, map[string][]string{}
	for archive := tar.NewReader(r); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(header.Name, "/")
		if header.Typeflag == tar.TypeLink {
			twins[header.Linkname] = append(twins[header.Linkname], name)
			continue
		}
		entries[name] = readEntry(t, header, archive)
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
