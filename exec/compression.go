package exec

import (
	"bytes"
	"math"
	"sync/atomic"

	"github.com/klauspost/compress"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

const (
	// stepSize is how much of the payload is judged at once, in bytes, and sampleSize how much of it is looked at, at each of two places.
	stepSize, sampleSize = 128 << 10, 4 << 10
	// compressible is the least estimate at which compression is tried. The estimate of random data is near 0.
	compressible = 0.1
	// sameKind is how much the estimates of data of one kind differ at most.
	sameKind = 0.05
	// worthCompressing is the compressed share of a frame's size above which it is sent as it is: unpacking costs the pod time.
	worthCompressing = 0.8
)

// compressor decides what is compressed, and compresses it.
type compressor struct {
	zstd    atomic.Bool // the receiver takes it
	futile  float64     // the estimate of data that did not compress; 0 if the last that was tried did
	encoder *zstd.Encoder
	gzip    *gzip.Writer
	encoded int64 // bytes that were tried
}

// pack makes frames of a batch: one for each run of data that is worth compression, or not. A receiver in shell gets one frame.
func (c *compressor) pack(b *batch) error {
	b.frames, b.packed = b.frames[:0], b.packed[:0]
	useZstd := c.zstd.Load()
	if !useZstd {
		return c.add(b, b.payload, c.mostlyPromising(b.payload), c.packGzip)
	}
	for rest := b.payload; len(rest) > 0; {
		promising := c.promising(rest[:min(len(rest), stepSize)])
		end := min(len(rest), stepSize)
		for end < len(rest) && c.promising(rest[end:min(len(rest), end+stepSize)]) == promising {
			end = min(len(rest), end+stepSize)
		}
		if err := c.add(b, rest[:end], promising, c.packZstd); err != nil {
			return err
		}
		rest = rest[end:]
	}
	return nil
}

// add adds a frame, which is compressed if that is promising and turns out to be worth it.
func (c *compressor) add(b *batch, part []byte, promising bool, pack func(to, part []byte) (string, []byte, error)) error {
	if !promising {
		b.frames = append(b.frames, frame{"raw", part})
		return nil
	}
	c.encoded += int64(len(part))
	begin := len(b.packed)
	kind, packed, err := pack(b.packed, part)
	if err != nil {
		return err
	}
	body := packed[begin:]
	if float64(len(body)) >= worthCompressing*float64(len(part)) {
		c.futile = estimate(part[:min(len(part), stepSize)])
		b.frames = append(b.frames, frame{"raw", part})
		return nil
	}
	c.futile = 0
	b.frames, b.packed = append(b.frames, frame{kind, body}), packed // an earlier body stays where it is
	return nil
}

// mostlyPromising reports whether a quarter of the payload or more is promising.
func (c *compressor) mostlyPromising(payload []byte) bool {
	yes, steps := 0, 0
	for rest := payload; len(rest) > 0; rest = rest[min(len(rest), stepSize):] {
		steps++
		if c.promising(rest[:min(len(rest), stepSize)]) {
			yes++
		}
	}
	return yes*4 >= steps
}

// promising reports whether a step looks as if it compresses. What did not compress is not tried again until another kind of data comes.
func (c *compressor) promising(step []byte) bool {
	e := estimate(step)
	return e >= compressible && (c.futile == 0 || math.Abs(e-c.futile) > sameKind)
}

// estimate looks at the start and the middle of a step.
func estimate(step []byte) float64 {
	if len(step) <= 2*sampleSize {
		return compress.Estimate(step)
	}
	middle := step[len(step)/2:]
	return (compress.Estimate(step[:sampleSize]) + compress.Estimate(middle[:min(len(middle), sampleSize)])) / 2
}

func (c *compressor) packZstd(to, part []byte) (string, []byte, error) {
	if c.encoder == nil {
		var err error
		// The end marker has a checksum of everything.
		c.encoder, err = zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1), zstd.WithEncoderCRC(false))
		if err != nil {
			return "", nil, err
		}
	}
	return "zstd", c.encoder.EncodeAll(part, to), nil
}

func (c *compressor) packGzip(to, part []byte) (string, []byte, error) {
	out := bytes.NewBuffer(to)
	if c.gzip == nil {
		c.gzip, _ = gzip.NewWriterLevel(out, gzip.BestSpeed) // the level is valid
	} else {
		c.gzip.Reset(out)
	}
	if _, err := c.gzip.Write(part); err != nil {
		return "", nil, err
	}
	err := c.gzip.Close()
	return "gzip", out.Bytes(), err
}
