package buildcontext

import (
	"archive/tar"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// memoryAllowance covers the copy buffer and the read buffers. It does not depend on the size of the context.
const memoryAllowance = 4 * copyBufferBytes

func TestMemory(t *testing.T) {
	root := writeTree(t, "Dockerfile=FROM scratch", "large")
	must(t, os.Truncate(filepath.Join(root, "large"), 256<<20))
	c := mustFromDir(t, root, "")
	if got := allocated(func() { must(t, sendError(t.Context(), c)) }); got > memoryAllowance {
		t.Errorf("a directory of 256 MiB took %d bytes", got)
	}
	r, w := io.Pipe()
	go func() {
		tw := tar.NewWriter(w)
		_, err := mustFromDir(t, root, "").WriteTar(t.Context(), tw, "")
		w.CloseWithError(firstOf(err, tw.Close))
	}()
	c, err := FromTar(r, "")
	must(t, err)
	if got := allocated(func() { must(t, sendError(t.Context(), c)) }); got > memoryAllowance {
		t.Errorf("an archive of 256 MiB took %d bytes", got)
	}
}

func firstOf(err error, next func() error) error {
	if err != nil {
		return err
	}
	return next()
}

// allocated returns how many bytes f allocates in all.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}
