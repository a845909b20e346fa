package receive

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

const (
	// maxLine is more than the longest line between frames has, in bytes.
	maxLine = 256
	// maxWindow bounds the memory that a zstd frame can ask for, in bytes. The client's frames have half of it.
	maxWindow = 8 << 20
)

// errCut is a stream that lacks its end marker.
var errCut = errors.New("the stream ended before its end marker")

// frames reads the payload of an upload. README.md of internal/session describes the format.
type frames struct {
	in   *bufio.Reader
	took func() error // called after each frame
	end  func(sum string) error

	packed  *io.LimitedReader // what is left of the frame at hand
	payload io.Reader         // the same, decompressed; nil between two frames
	gzip    *gzip.Reader
	zstd    *zstd.Decoder
}

func newFrames(in io.Reader, took func() error, end func(sum string) error) *frames {
	return &frames{in: bufio.NewReaderSize(in, 64<<10), took: took, end: end}
}

// Read returns io.EOF after the end marker only.
func (f *frames) Read(p []byte) (int, error) {
	for {
		if f.payload == nil {
			if err := f.next(); err != nil {
				return 0, err
			}
			continue
		}
		n, err := f.payload.Read(p)
		if errors.Is(err, io.EOF) {
			err = f.close()
		} else if err != nil {
			err = f.broken(err)
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
}

// next reads a line. It returns io.EOF for the end marker.
func (f *frames) next() error {
	text, err := f.in.ReadSlice('\n')
	if errors.Is(err, io.EOF) {
		return errCut
	}
	if errors.Is(err, bufio.ErrBufferFull) || len(text) > maxLine {
		return errors.New("a frame's line is too long")
	}
	if err != nil {
		return err
	}
	line := strings.TrimSuffix(string(text), "\n")
	words := strings.Split(line, " ")
	if len(words) < 2 {
		return fmt.Errorf("unknown frame %q", line)
	}
	length, err := strconv.ParseUint(words[1], 10, 63)
	if err != nil {
		return fmt.Errorf("frame %q: %w", line, errors.Unwrap(err))
	}
	f.packed = &io.LimitedReader{R: f.in, N: int64(length)}
	switch kind := words[0]; {
	case kind == "raw" && len(words) == 2:
		f.payload = f.packed
	case kind == "gzip" && len(words) == 2:
		f.payload, err = f.unzip()
	case kind == "zstd" && len(words) == 2:
		f.payload, err = f.unzstd()
	case kind == "end" && len(words) == 3:
		if err := f.end(words[2]); err != nil {
			return err
		}
		return io.EOF
	default:
		return fmt.Errorf("unknown frame %q", line)
	}
	if err != nil {
		return f.broken(err)
	}
	return nil
}

func (f *frames) unzip() (_ io.Reader, err error) {
	if f.gzip == nil {
		f.gzip, err = gzip.NewReader(f.packed)
		return f.gzip, err
	}
	return f.gzip, f.gzip.Reset(f.packed)
}

func (f *frames) unzstd() (_ io.Reader, err error) {
	if f.zstd == nil {
		// Without concurrency it starts no goroutines; the other work of this program runs beside it.
		f.zstd, err = zstd.NewReader(f.packed, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
		return f.zstd, err
	}
	return f.zstd, f.zstd.Reset(f.packed)
}

// close ends the frame at hand.
func (f *frames) close() error {
	if f.packed.N > 0 {
		return errCut // of a raw frame; a decompressor reads to the end of its frame
	}
	f.payload = nil
	return f.took()
}

// broken says why a frame could not be read. A decompressor does not know that the stream was cut.
func (f *frames) broken(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		if f.packed.N > 0 {
			return errCut
		}
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("decompress a frame: %w", err)
}
