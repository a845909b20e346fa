// Package outputdir unpacks an output of type local into a directory of the user, which can have files already.
package outputdir

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/moby/go-archive"

	"github.com/kubectl-img/kubectl-img/internal/cli"
)

// Limits bound an output. Its archive comes from the builder pod, which something may have taken over.
type Limits struct {
	Bytes   int64 // of all files
	Entries int
	Depth   int // of directories
}

// Unpack extracts a tar beside dest and then moves its entries into dest, over what is there, as buildx does. As in buildx, everything belongs to the user, and
// set-user-ID and set-group-ID bits stay: a root file system has them.
func Unpack(r io.ReadSeeker, dest string, limits Limits) error {
	dirs, err := scan(r, limits)
	if err != nil {
		return err
	}
	fresh, err := os.MkdirTemp(StagingDir(dest), ".kubectl-img-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(fresh)
	content := newUsable(r)
	defer content.Close()
	if err := archive.UntarUncompressed(content, fresh, &archive.TarOptions{NoLchown: true, BestEffortXattrs: true}); err != nil {
		return err
	}
	if err := checkMerge(fresh, dest); err != nil {
		return err
	}
	return merge(fresh, dest, dirs)
}

// scan checks the entries of a tar before any of them is written, and rewinds it. A sparse file has more bytes than its archive.
func scan(r io.ReadSeeker, limits Limits) (directories, error) {
	archive := tar.NewReader(r)
	var bytes int64
	dirs := newDirectories()
	for files := 0; ; {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			_, err = r.Seek(0, io.SeekStart)
			return dirs, err
		}
		if err != nil {
			return dirs, fmt.Errorf("read the output: %w", err)
		}
		switch h.Typeflag {
		case tar.TypeBlock, tar.TypeChar, tar.TypeFifo: // root could create them
			return dirs, cli.WithHint(fmt.Errorf("the output has a device or a pipe, which type local does not create: %.100q", h.Name), "type=tar keeps it in an archive")
		}
		if strings.Count(path.Clean(h.Name), "/") > limits.Depth {
			return dirs, fmt.Errorf("the output has an entry in more than %d directories: %.100q", limits.Depth, h.Name)
		}
		dir := path.Clean("/" + h.Name)
		if h.Typeflag != tar.TypeDir {
			files++
			dir = path.Dir(dir)
		}
		for ; dir != "/"; dir = path.Dir(dir) { // extraction creates those that have no entry, too
			dirs.add(dir)
		}
		dirs.note(h)
		if files+len(dirs.all) > limits.Entries {
			return dirs, fmt.Errorf("the output has more than %d entries", limits.Entries)
		}
		if h.Size > limits.Bytes-bytes {
			return dirs, cli.WithHint(fmt.Errorf("the files of the output have more than %d bytes", limits.Bytes), "--output-limit allows more")
		}
		bytes += h.Size
	}
}

// StagingDir returns a directory from which files can be moved to dest: dest itself if it is there, as it can be a mount point.
func StagingDir(dest string) string {
	if info, err := os.Stat(dest); err == nil && info.IsDir() {
		return dest
	}
	return filepath.Dir(filepath.Clean(dest))
}
