package exec

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
)

// frameSize bounds one frame: large enough that the receiver's process per frame costs nothing, small enough to buffer.
const frameSize = 1 << 20

// FrameWriter sends a stream of unknown length so that the far end knows it whole from cut off: frames of
// "LENGTH\n" and that many bytes, then the end marker "end BYTES SHA256\n". A stream without its marker is void.
type FrameWriter struct {
	w     io.Writer
	buf   *bufio.Writer
	sum   hash.Hash
	bytes int64
}

// NewFrameWriter returns a FrameWriter on w. Finish must be called for the stream to count.
func NewFrameWriter(w io.Writer) *FrameWriter {
	f := &FrameWriter{w: w, sum: sha256.New()}
	f.buf = bufio.NewWriterSize(frame{f}, frameSize)
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

// Bytes is the number of payload bytes sent so far.
func (f *FrameWriter) Bytes() int64 { return f.bytes }

// frame is the writer below the buffer: each write it gets becomes one frame.
type frame struct{ f *FrameWriter }

func (fr frame) Write(p []byte) (int, error) {
	total := 0
	for len(p) > 0 {
		part := p[:min(len(p), frameSize)]
		if _, err := fmt.Fprintf(fr.f.w, "%d\n", len(part)); err != nil {
			return total, err
		}
		n, err := fr.f.w.Write(part)
		total += n
		if err != nil {
			return total, err
		}
		fr.f.sum.Write(part)
		fr.f.bytes += int64(n)
		p = p[n:]
	}
	return total, nil
}
