package receive

import (
	"errors"
	"io"
	"sync/atomic"
)

const (
	chunkSize = 256 << 10 // bytes
	// chunkCount bounds how far the slowest of reading, hashing and writing is behind the fastest.
	chunkCount = 8
)

// chunk is a part of a stream.
type chunk struct {
	buffer  []byte
	data    []byte
	readers atomic.Int32 // that still need it
}

// chunks passes a stream on to readers, in a fixed amount of memory.
type chunks struct {
	free    chan *chunk
	readers []*chunkReader
	err     error // why the stream ended; valid once the readers' channels are closed
}

func newChunks(readers int) *chunks {
	c := &chunks{free: make(chan *chunk, chunkCount)}
	for range chunkCount {
		c.free <- &chunk{}
	}
	for range readers {
		c.readers = append(c.readers, &chunkReader{chunks: c, from: make(chan *chunk, chunkCount)})
	}
	return c
}

// fill reads r to its end, or until stop is closed.
func (c *chunks) fill(r io.Reader, stop <-chan struct{}) {
	for c.err == nil {
		select {
		case next := <-c.free:
			c.err = next.fill(r)
			next.readers.Store(int32(len(c.readers)))
			for _, reader := range c.readers {
				reader.from <- next
			}
		case <-stop:
			c.err = io.ErrClosedPipe
		}
	}
	if errors.Is(c.err, io.EOF) {
		c.err = nil
	}
	for _, reader := range c.readers {
		close(reader.from)
	}
}

// fill reads until the chunk is full, or r ends.
func (c *chunk) fill(r io.Reader) error {
	if c.buffer == nil { // a small upload needs one
		c.buffer = make([]byte, chunkSize)
	}
	n := 0
	var err error
	for n < len(c.buffer) && err == nil {
		var more int
		more, err = r.Read(c.buffer[n:])
		n += more
	}
	c.data = c.buffer[:n]
	return err
}

// streamError says that the stream has ended too early, whoever reads it.
type streamError struct{ err error }

func (e *streamError) Error() string { return e.err.Error() }

// chunkReader is one of the readers. It must read to the end, or the others wait for it.
type chunkReader struct {
	*chunks
	from chan *chunk
	now  *chunk
	rest []byte // of now
}

func (r *chunkReader) Read(p []byte) (int, error) {
	for len(r.rest) == 0 {
		if r.now != nil && r.now.readers.Add(-1) == 0 {
			r.free <- r.now
		}
		if r.now = <-r.from; r.now == nil {
			if r.err != nil {
				return 0, &streamError{r.err}
			}
			return 0, io.EOF
		}
		r.rest = r.now.data
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// WriteTo gives w whole chunks.
func (r *chunkReader) WriteTo(w io.Writer) (int64, error) {
	var total int64
	for {
		if len(r.rest) == 0 {
			if _, err := r.Read(nil); err != nil {
				if errors.Is(err, io.EOF) {
					err = nil
				}
				return total, err
			}
		}
		n, err := w.Write(r.rest)
		total += int64(n)
		r.rest = r.rest[n:]
		if err != nil {
			return total, err
		}
	}
}
