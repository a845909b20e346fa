package exec

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"

	"github.com/klauspost/compress/gzip"
)

const (
	// frameSize bounds one frame's payload in bytes: large, as each costs the far end two processes, and kept in memory.
	frameSize = 8 << 20
	// worthwhile is the share of its size below which a frame is sent compressed: unpacking costs the pod time too.
	worthwhile = 0.8
)

// FrameWriter sends a stream of unknown length so that the far end knows it whole from cut off: frames, each of a line
// "raw LENGTH" or "gzip LENGTH" and that many bytes, then the end marker "end BYTES SHA256", both of the payload. A
// stream without its marker is void.
type FrameWriter struct {
	w      io.Writer
	buf    *bufio.Writer
	packed bytes.Buffer
	gzip   *gzip.Writer
	sum    hash.Hash
	bytes  int64
}

// NewFrameWriter returns a FrameWriter on w. Finish must be called for the stream to count.
func NewFrameWriter(w io.Writer) *FrameWriter {
	f := &FrameWriter{w: w, sum: sha256.New()}
	f.gzip, _ = gzip.NewWriterLevel(&f.packed, gzip.BestSpeed) // the level is valid
	f.buf = bufio.NewWriterSize(writerFunc(f.frames), frameSize)
	return f
}

// Write buffers p and sends every full frame.
func (f *FrameWriter) Write(p []byte) (int, error) { return f.buf.Write(p) }

// Finish sends what is buffered and the end marker.
func (f *FrameWriter) Finish() error {
	if err := f.buf.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(f.w, "end %d %s\n", f.bytes, hex.EncodeToString(f.sum.Sum(nil)))
	return err
}

// Bytes is the size of the payload sent so far.
func (f *FrameWriter) Bytes() int64 { return f.bytes }

// frames sends p, of any length.
func (f *FrameWriter) frames(p []byte) (int, error) {
	sent := 0
	for sent < len(p) {
		part := p[sent:min(len(p), sent+frameSize)]
		if err := f.frame(part); err != nil {
			return sent, err
		}
		sent += len(part)
	}
	return sent, nil
}

func (f *FrameWriter) frame(part []byte) error {
	kind, body := "raw", part
	packed, err := f.pack(part)
	if err != nil {
		return err
	}
	if float64(len(packed)) < worthwhile*float64(len(part)) {
		kind, body = "gzip", packed
	}
	if _, err := fmt.Fprintf(f.w, "%s %d\n", kind, len(body)); err != nil {
		return err
	}
	if _, err := f.w.Write(body); err != nil {
		return err
	}
	f.sum.Write(part)
	f.bytes += int64(len(part))
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
