// Package buildcontext turns a directory or an archive on stdin into the tar stream of a build context,
// with Docker's rules for what travels and how.
package buildcontext

import (
	"archive/tar"
	"bytes"
	"context"
)

// Context is a checked build context that has not been sent yet.
type Context struct {
	dockerfile *dockerfile
	src        source
}

// source is where a context's entries come from.
type source interface {
	scan(ctx context.Context) (Summary, error)
	send(ctx context.Context, s *sender) error
}

// Summary counts what a context holds.
type Summary struct {
	Bytes   int64     // content of regular files; hard links count once
	Entries int       // files, directories and links, without the context's own root
	Largest []Entry   // at most three, largest first; only for directories
	Skipped []Skipped // files a build can't use
	SetID   []string  // set-user-ID and set-group-ID programs, relative to the context. Only from WriteTar
	Modes   []Mode    // modes a plain user's tar can't set; see ModeScript. Only from WriteTar
}

// Entry is a file, or a directory with all below it.
type Entry struct {
	Path  string // slash-separated, relative to the context
	Bytes int64
}

// Skipped is a special file that was left out.
type Skipped struct {
	Path string // slash-separated, relative to the context
	Kind string // "socket", "device" or "named pipe"
}

// Scan walks a directory without reading its files. For archives the Summary is zero: nothing is known before they went by.
func (c *Context) Scan(ctx context.Context) (Summary, error) {
	return c.src.scan(ctx)
}

// WriteTar writes the whole context below prefix to w and does not close w. The prefix's own directory is sent with mode 0755,
// so that an image never depends on how the client's directory is protected. After an error the stream is worthless: do not close w.
func (c *Context) WriteTar(ctx context.Context, w *tar.Writer, prefix string) (Summary, error) {
	s := newSender(w, prefix)
	if err := s.root(); err != nil {
		return s.result(), err
	}
	if err := c.src.send(ctx, s); err != nil {
		return s.result(), err
	}
	return s.result(), nil
}

// Once tells that the context can be sent only once: an archive is gone when it was read.
func (c *Context) Once() bool {
	_, once := c.src.(*archive)
	return once
}

// Dockerfile returns the Dockerfile's content, at most 1 MiB. For archives it is nil before WriteTar, and stays nil when the
// archive holds the Dockerfile as a link.
func (c *Context) Dockerfile() []byte {
	return bytes.Clone(c.dockerfile.content)
}

// DockerfilePath returns where an archive holds its Dockerfile, slash-separated; it is known after WriteTar.
func (c *Context) DockerfilePath() string {
	return c.dockerfile.path
}
