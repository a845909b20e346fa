package buildcontext

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

const (
	readBuffer = 64 << 10
	gzipMagic  = "\x1f\x8b"
	zstdMagic  = "\x28\xb5\x2f\xfd"
	// zstdWindow is zstd's own default limit. It bounds the memory, whatever the size of the context.
	zstdWindow = 128 << 20
)

// unsupported are formats that docker decompresses and this client does not.
var unsupported = []struct{ magic, name string }{
	{"BZh", "bzip2"},
	{"\xfd7zXZ\x00", "xz"},
	{"LZIP", "lzip"},
	{"\x04\x22\x4d\x18", "lz4"},
	{"\x1f\x9d", "compress"},
	{"PK\x03\x04", "zip"},
}

// archiveReader is a decompressed archive.
type archiveReader struct {
	*bufio.Reader
	raw        *bufio.Reader
	compressed bool
	close      func()
}

// open decompresses r if its first bytes name a compression.
func open(r io.Reader) (*archiveReader, error) {
	raw := bufio.NewReaderSize(r, readBuffer)
	head, err := raw.Peek(6)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	for _, f := range unsupported {
		if bytes.HasPrefix(head, []byte(f.magic)) {
			return nil, fmt.Errorf("%s: %w", f.name, errUnsupported)
		}
	}
	in := &archiveReader{Reader: raw, raw: raw, close: func() {}}
	switch {
	case bytes.HasPrefix(head, []byte(gzipMagic)):
		return in.decompress(newGzip(raw))
	case isZstd(head):
		z, err := zstd.NewReader(raw, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(zstdWindow))
		if err == nil {
			in.close = z.Close
		}
		return in.decompress(z, err)
	}
	return in, nil
}

// isZstd also accepts the skippable frame with which pzstd begins.
func isZstd(head []byte) bool {
	return bytes.HasPrefix(head, []byte(zstdMagic)) ||
		len(head) > 3 && head[0]&0xf0 == 0x50 && string(head[1:4]) == "\x2a\x4d\x18"
}

func (in *archiveReader) decompress(r io.Reader, err error) (*archiveReader, error) {
	if err != nil {
		return nil, truncated(err)
	}
	in.Reader, in.compressed = bufio.NewReaderSize(r, readBuffer), true
	return in, nil
}

// drain reads to the end of the input: the writer must not see a closed pipe, and the decompressor verifies a checksum at the end.
func (in *archiveReader) drain(ctx context.Context) error {
	defer in.close()
	_, err := io.Copy(io.Discard, cancelReader{ctx, in.Reader})
	if errors.Is(err, zstd.ErrMagicMismatch) {
		err = nil // padding behind the last frame
	}
	if err != nil {
		return truncated(err)
	}
	_, err = io.Copy(io.Discard, cancelReader{ctx, in.raw})
	return err
}

// cancelReader returns an error once ctx has ended.
type cancelReader struct {
	ctx context.Context
	r   io.Reader
}

func (c cancelReader) Read(p []byte) (int, error) {
	if err := context.Cause(c.ctx); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

// truncated turns an end of file into an unexpected one.
func truncated(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// gzipReader reads gzip members one after the other. Like gzip, it ignores what follows the last member.
type gzipReader struct {
	raw *bufio.Reader
	z   *gzip.Reader
}

func newGzip(raw *bufio.Reader) (*gzipReader, error) {
	z, err := gzip.NewReader(raw)
	if err != nil {
		return nil, err
	}
	z.Multistream(false)
	return &gzipReader{raw: raw, z: z}, nil
}

func (m *gzipReader) Read(p []byte) (int, error) {
	for {
		n, err := m.z.Read(p)
		if n > 0 || !errors.Is(err, io.EOF) {
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return n, err
		}
		if head, _ := m.raw.Peek(len(gzipMagic)); string(head) != gzipMagic {
			return 0, io.EOF
		}
		if err := m.z.Reset(m.raw); err != nil {
			return 0, truncated(err)
		}
		m.z.Multistream(false)
	}
}
