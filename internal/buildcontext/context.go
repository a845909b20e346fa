// Package buildcontext turns a directory, or an archive on stdin, into the tar stream of a build context. It follows Docker's rules for
// what belongs to a context.
package buildcontext

import (
	"archive/tar"
	"bytes"
	"context"
)

// Context is a build context that was checked and not yet sent.
type Context struct {
	dockerfile *dockerfile
	src        source
}

// source has the entries of a context.
type source interface {
	scan(ctx context.Context) (Summary, error)
	send(ctx context.Context, s *sender) error
}

// Scan walks a directory without reading its files. It returns a zero Summary for an archive, which can be read only once.
func (c *Context) Scan(ctx context.Context) (Summary, error) {
	return c.src.scan(ctx)
}

// WriteTar writes the context to w, with prefix before each name. It does not close w. The directory prefix gets mode 0755, so that the
// image does not depend on the mode of the client's directory. After an error the stream is incomplete: do not close w.
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

// Once reports whether the context can be sent only once, as an archive on stdin.
func (c *Context) Once() bool {
	_, once := c.src.(*archive)
	return once
}

// Dockerfile returns the Dockerfile's content, at most 1 MiB. For an archive it is nil before WriteTar, and stays nil if the Dockerfile
// is a link.
func (c *Context) Dockerfile() []byte {
	return bytes.Clone(c.dockerfile.content)
}

// DockerfilePath returns the path of the Dockerfile in an archive, slash-separated. It is known after WriteTar.
func (c *Context) DockerfilePath() string {
	return c.dockerfile.path
}
