package linked

import (
	"archive/tar"
	"context"
	"io"

	"github.com/moby/go-archive"
	"github.com/moby/go-archive/compression"

	ctdarchive "github.com/containerd/containerd/v2/pkg/archive"
)

// Untar unpacks an archive for ADD. Paths and links of the archive lead to nowhere outside of the directory.
func Untar(from io.Reader, dir string, o *archive.TarOptions) error {
	files, err := compression.DecompressStream(from)
	if err != nil {
		return err
	}
	defer files.Close()
	own := func(h *tar.Header) {
		if o.ChownOpts != nil {
			h.Uid, h.Gid = o.ChownOpts.UID, o.ChownOpts.GID
		}
	}
	// A name that begins with .wh. is a name like any other here.
	all := ctdarchive.WithConvertWhiteout(func(*tar.Header, string) (bool, error) { return true, nil })
	return Unpack(context.Background(), dir, files, own, all)
}
