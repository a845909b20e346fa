package exec

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"sync/atomic"
)

// FrameWriter writes a stream of unknown length in such a way that the receiver detects a truncated one.
//
// The stream is a sequence of frames, each a line "raw LENGTH", "gzip LENGTH" or "zstd LENGTH" followed by LENGTH bytes, and an end marker
// "end BYTES SHA256" with the size and the sum of the uncompressed payload. A stream without the marker is not accepted. While one batch is
// written, the next one is hashed and compressed.
type FrameWriter struct {
	w        io.Writer
	filling  *batch
	other    *batch // the one that is being written
	compress compressor
	sum      hash.Hash
	bytes    atomic.Int64
	sent     chan error // result of the write in progress
}

// NewFrameWriter returns a FrameWriter that writes to w. Call Finish at the end.
func NewFrameWriter(w io.Writer) *FrameWriter {
	f := &FrameWriter{w: w, sum: sha256.New(), sent: make(chan error, 1), filling: &batch{}, other: &batch{}}
	f.sent <- nil
	return f
}

// UseZstd says that the receiver takes frames that are compressed with zstd. It can be called at any time, by any goroutine.
func (f *FrameWriter) UseZstd() { f.compress.zstd.Store(true) }

// Write buffers p and writes every full batch.
func (f *FrameWriter) Write(p []byte) (done int, err error) {
	for done < len(p) {
		if f.filling.payload == nil {
			f.filling.payload = make([]byte, 0, batchSize)
		}
		part := p[done:min(len(p), done+batchSize-len(f.filling.payload))]
		f.filling.payload = append(f.filling.payload, part...)
		done += len(part)
		if len(f.filling.payload) == batchSize {
			if err := f.send(); err != nil {
				return done, err
			}
		}
	}
	return done, nil
}

// Finish writes the buffered rest and the end marker.
func (f *FrameWriter) Finish() error {
	if err := f.send(); err != nil {
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

// send makes frames of the batch, waits until the batch before it is written, and starts to write this one.
func (f *FrameWriter) send() error {
	next := f.filling
	if len(next.payload) == 0 {
		return nil
	}
	if err := f.compress.pack(next); err != nil {
		return err
	}
	f.sum.Write(next.payload)
	if err := <-f.sent; err != nil {
		f.sent <- err
		return err
	}
	f.bytes.Add(int64(len(next.payload)))
	f.filling, f.other = f.other, next
	f.filling.payload = f.filling.payload[:0]
	go func() { f.sent <- next.write(f.w) }()
	return nil
}
