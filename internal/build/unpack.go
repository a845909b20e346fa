package build

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"

	"github.com/moby/go-archive"

	"github.com/kubectl-img/kubectl-img/internal/cli"
)

// Limits of an output of type local. Its archive comes from the builder pod, in which something may have taken over.
const (
	maxEntries = 2_000_000
	maxDepth   = 255 // directories in a name; Linux takes about 2000
)

// unpack extracts a tar beside dest and then moves its entries into dest, over what is there, as buildx does.
func unpack(r io.ReadSeeker, dest string, limit int64) error {
	if err := scan(r, limit); err != nil {
		return err
	}
	fresh, err := os.MkdirTemp(stagingDir(dest), ".kubectl-img-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(fresh)
	if err := archive.UntarUncompressed(r, fresh, &archive.TarOptions{NoLchown: true}); err != nil {
		return err
	}
	if err := checkMerge(fresh, dest); err != nil {
		return err
	}
	return merge(fresh, dest)
}

// scan checks the entries of a tar before any of them is written, and rewinds it. A sparse file has more bytes than its archive.
func scan(r io.ReadSeeker, limit int64) error {
	archive := tar.NewReader(r)
	var bytes int64
	for entries := 1; ; entries++ {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			_, err = r.Seek(0, io.SeekStart)
			return err
		}
		if err != nil {
			return fmt.Errorf("read the output: %w", err)
		}
		if entries > maxEntries {
			return fmt.Errorf("the output has more than %d entries", maxEntries)
		}
		if strings.Count(path.Clean(h.Name), "/") > maxDepth {
			return fmt.Errorf("the output has an entry in more than %d directories: %.100q", maxDepth, h.Name)
		}
		if h.Size > limit-bytes {
			return cli.WithHint(fmt.Errorf("the files of the output have more than %d bytes", limit), "--output-limit allows more")
		}
		bytes += h.Size
	}
}
