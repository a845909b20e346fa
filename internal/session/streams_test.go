package session

import (
	"context"
	"crypto/rand"
	"io"
)

// noise does not compress, so that a test knows how long a stream of it is.
func noise(size int) string {
	b := make([]byte, size)
	_, _ = rand.Read(b)
	return string(b)
}

// endless blocks at the end of its reader until ctx ends.
type endless struct {
	io.Reader
	ctx context.Context
}

func (e *endless) Read(p []byte) (int, error) {
	n, err := e.Reader.Read(p)
	if err != nil {
		<-e.ctx.Done()
	}
	return n, err
}

// then is an empty stream that calls a function.
type then func()

func (do then) Read([]byte) (int, error) {
	do()
	return 0, io.EOF
}

// cutter drops everything after the first bytes without an error, as a connection can.
type cutter struct {
	w    interface{ Write([]byte) (int, error) }
	left int
}

func (c *cutter) Write(p []byte) (int, error) {
	n := min(len(p), c.left)
	c.left -= n
	_, err := c.w.Write(p[:n])
	return len(p), err
}
