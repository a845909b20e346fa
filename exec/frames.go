package exec

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"sync/atomic"

	"github.com/klauspost/compress/gzip"
)

const (
	// frameSize bounds one frame's payload in bytes: large, as each costs the far end two processes, and kept in memory.
	frameSize = 4 << 20
	// worthwhile is the share of its size below which a frame is sent compressed: unpacking costs the pod time too.
	worthwhile = 0.8
)

// FrameWriter sends a stream of unknown length so that the far end knows it whole from cut off: frames, each of a line
// "raw LENGTH" or "gzip LENGTH" and that many bytes, then the end marker "end BYTES SHA256", both of the payload. A
// stream without its marker is void. One frame is on its way while the next is made.
type FrameWriter struct {
	w      io.Writer
	buf    *bufio.Writer
	packed bytes.Buffer
	gzip   *gzip.Writer
	sum    hash.Hash
	bytes  atomic.Int64
	sent   chan error // the outcome of the frame that is on its way
	frame  []byte     // of the frame that is on its way
}

// NewFrameWriter returns a FrameWriter on w. Finish must be called for the stream to count.
func NewFrameWriter(w io.Writer) *FrameWriter {
	f := &FrameWriter{w: w, sum: sha256.New(), sent: make(chan error, 1)}
	f.sent <- nil
	f.gzip, _ = gzip.NewWriterLevel(&f.packed, gzip.BestSpeed) // the level is valid
	f.buf = bufio.NewWriterSize(writerFunc(f.split), frameSize)
	return f
}

// Write buffers p and sends every full frame.
func (f *FrameWriter) Write(p []byte) (int, error) { return f.buf.Write(p) }

// Finish sends what is buffered and the end marker.
func (f *FrameWriter) Finish() error {
	if err := f.buf.Flush(); err != nil {
		return err
	}
	if err := <-f.sent; err != nil {
		return err
	}
	_, err := fmt.Fprintf(f.w, "end %d %s\n", f.Bytes(), hex.EncodeToString(f.sum.Sum(nil)))
	return err
}

// Bytes is the size of the payload handed on so far.
func (f *FrameWriter) Bytes() int64 { return f.bytes.Load() }

// split makes frames of p, of any length.
func (f *FrameWriter) split(p []byte) (int, error) {
	done := 0
	for done < len(p) {
		part := p[done:min(len(p), done+frameSize)]
		if err := f.send(part); err != nil {
			return done, err
		}
		done += len(part)
	}
	return done, nil
}

// send makes a frame of part, waits for the one before it, and lets it go.
func (f *FrameWriter) send(part []byte) error {
	kind, body := "raw", part
	packed, err := f.pack(part)
	if err != nil {
		return err
	}
	if float64(len(packed)) < worthwhile*float64(len(part)) {
		kind, body = "gzip", packed
	}
	f.sum.Write(part)
	if err := <-f.sent; err != nil {
		f.sent <- err
		return err
	}
	f.frame = fmt.Appendf(f.frame[:0], "%s %d\n", kind, len(body))
	f.frame = append(f.frame, body...)
	f.bytes.Add(int64(len(part)))
	go func() {
		_, err := f.w.Write(f.frame)
		f.sent <- err
	}()
	return nil
}

// pack returns part compressed; the result holds until the next call.
func (f *FrameWriter) pack(part []byte) ([]byte, error) {
	f.packed.Reset()
	f.gzip.Reset(&f.packed)
	if _, err := f.gzip.Write(part); err != nil {
		return nil, err
	}
	err := f.gzip.Close()
	return f.packed.Bytes(), err
}

type writerFunc func(p []byte) (int, error)

func (w writerFunc) Write(p []byte) (int, error) { return w(p) }
