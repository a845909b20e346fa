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
	// frameSize is the largest payload of a frame in bytes. A frame costs the pod two processes, so it is large; it is also buffered in
	// memory.
	frameSize = 4 << 20
	// worthCompressing is the compressed share of a frame's size above which it is sent as it is: unpacking costs the pod time.
	worthCompressing = 0.8
)

// FrameWriter writes a stream of unknown length in such a way that the receiver detects a truncated one.
//
// The stream is a sequence of frames, each a line "raw LENGTH" or "gzip LENGTH" followed by LENGTH bytes, and an end marker "end BYTES
// SHA256" with the size and the sum of the uncompressed payload. A stream without the marker is not accepted. While one frame is
// written, the next one is compressed.
type FrameWriter struct {
	w      io.Writer
	buf    *bufio.Writer
	packed bytes.Buffer
	gzip   *gzip.Writer
	sum    hash.Hash
	bytes  atomic.Int64
	sent   chan error // result of the write in progress
	frame  []byte     // the frame that is being written
}

// NewFrameWriter returns a FrameWriter that writes to w. Call Finish at the end.
func NewFrameWriter(w io.Writer) *FrameWriter {
	f := &FrameWriter{w: w, sum: sha256.New(), sent: make(chan error, 1)}
	f.sent <- nil
	f.gzip, _ = gzip.NewWriterLevel(&f.packed, gzip.BestSpeed) // the level is valid
	f.buf = bufio.NewWriterSize(writerFunc(f.split), frameSize)
	return f
}

// Write buffers p and writes every full frame.
func (f *FrameWriter) Write(p []byte) (int, error) { return f.buf.Write(p) }

// Finish writes the buffered rest and the end marker.
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

// Bytes returns the size of the payload written so far, without what is buffered.
func (f *FrameWriter) Bytes() int64 { return f.bytes.Load() }

// split writes p, of any length, as frames.
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

// send makes a frame of part, waits until the frame before it is written, and starts to write this one.
func (f *FrameWriter) send(part []byte) error {
	kind, body := "raw", part
	packed, err := f.pack(part)
	if err != nil {
		return err
	}
	if float64(len(packed)) < worthCompressing*float64(len(part)) {
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

// pack compresses part. The result is valid until the next call.
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
