package exec

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// arrived is what a receiver gets.
type arrived struct {
	kinds   []string
	bytes   int64 // of the frames' bodies
	payload bytes.Buffer
}

// receive reads frames to their end marker.
func receive(t *testing.T, r io.Reader) *arrived {
	t.Helper()
	in, got := bufio.NewReader(r), &arrived{}
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		var kind, sum string
		var length int64
		if n, _ := fmt.Sscanf(line, "%s %d %s", &kind, &length, &sum); n < 2 {
			t.Fatalf("line %q", line)
		}
		if kind == "end" {
			if want := fmt.Sprintf("%x", sha256.Sum256(got.payload.Bytes())); length != int64(got.payload.Len()) || sum != want {
				t.Errorf("end marker %q of %d bytes with sum %s", line, got.payload.Len(), want)
			}
			return got
		}
		got.kinds, got.bytes = append(got.kinds, kind), got.bytes+length
		body := io.Reader(io.LimitReader(in, length))
		switch kind {
		case "gzip":
			body, err = gzip.NewReader(body)
		case "zstd":
			body, err = zstd.NewReader(body)
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(&got.payload, body); err != nil {
			t.Fatal(err)
		}
	}
}

func noise(seed byte, size int) []byte {
	b := make([]byte, size)
	_, _ = rand.NewChaCha8([32]byte{seed}).Read(b)
	return b
}

func text(size int) []byte {
	return bytes.Repeat([]byte("func main() { fmt.Println(\"hello\") }\n"), size/37+1)[:size]
}

// sent writes the parts and returns what arrives.
func sent(t *testing.T, useZstd bool, parts ...[]byte) *arrived {
	t.Helper()
	var stream bytes.Buffer
	w := NewFrameWriter(&stream)
	if useZstd {
		w.UseZstd()
	}
	whole := bytes.Join(parts, nil)
	for rest := whole; len(rest) > 0; {
		n := min(len(rest), 1_000_001)
		if _, err := w.Write(rest[:n]); err != nil {
			t.Fatal(err)
		}
		rest = rest[n:]
	}
	if err := w.Finish(); err != nil {
		t.Fatal(err)
	}
	got := receive(t, &stream)
	if !bytes.Equal(got.payload.Bytes(), whole) || w.Bytes() != int64(len(whole)) {
		t.Errorf("%d of %d bytes arrive, or others", got.payload.Len(), len(whole))
	}
	return got
}

func TestFrameKinds(t *testing.T) {
	const step = stepSize
	coded := []byte(base64.StdEncoding.EncodeToString(noise(9, 3<<20)))
	for name, c := range map[string]struct {
		parts      [][]byte
		zstd, gzip string // the kinds of the frames
	}{
		"nothing":                 {nil, "", ""},
		"text":                    {[][]byte{text(2 << 20)}, "zstd", "gzip"},
		"noise":                   {[][]byte{noise(1, 2<<20)}, "raw", "raw"},
		"little text":             {[][]byte{text(100)}, "zstd", "raw"},
		"little noise":            {[][]byte{noise(1, 100)}, "raw", "raw"},
		"a single byte":           {[][]byte{{1}}, "raw", "raw"},
		"text in noise":           {[][]byte{noise(1, 8*step), text(4 * step), noise(2, 8*step)}, "raw zstd raw", "raw"},
		"noise in text":           {[][]byte{text(8 * step), noise(1, 4*step), text(8 * step)}, "zstd raw zstd", "gzip"},
		"more than a batch":       {[][]byte{text(batchSize), noise(1, batchSize), text(1)}, "zstd raw raw", "gzip raw raw"},
		"zeros":                   {[][]byte{make([]byte, 1<<20)}, "zstd", "gzip"},
		"looks better than it is": {[][]byte{coded}, "raw", "raw"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := strings.Join(sent(t, true, c.parts...).kinds, " "); got != c.zstd {
				t.Errorf("for zstd: %q, want %q", got, c.zstd)
			}
			if got := strings.Join(sent(t, false, c.parts...).kinds, " "); got != c.gzip {
				t.Errorf("for a shell: %q, want %q", got, c.gzip)
			}
		})
	}
}

// A receiver can say in the middle of a stream that it takes zstd.
func TestUseZstdLater(t *testing.T) {
	var stream bytes.Buffer
	w := NewFrameWriter(&stream)
	for range 3 {
		if _, err := w.Write(text(batchSize)); err != nil {
			t.Fatal(err)
		}
		w.UseZstd()
	}
	if err := w.Finish(); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(receive(t, &stream).kinds, " "); got != "gzip zstd zstd" {
		t.Errorf("%q", got)
	}
}

// deceptive looks as if it compresses, where it is looked at.
func deceptive(seed byte, steps int) []byte {
	all := noise(seed, steps*stepSize)
	for at := 0; at < len(all); at += stepSize {
		copy(all[at:], text(sampleSize))
		copy(all[at+stepSize/2:], text(sampleSize))
	}
	return all
}

// What did not compress is not tried again, until other data comes.
func TestFutileCompression(t *testing.T) {
	c := &compressor{}
	c.zstd.Store(true)
	tried := 0
	pack := func(payload []byte) {
		b := &batch{payload: payload}
		before := c.encoded
		if err := c.pack(b); err != nil {
			t.Fatal(err)
		}
		tried += int(c.encoded - before)
	}
	pack(deceptive(1, 4))
	if tried != 4*stepSize {
		t.Errorf("%d bytes are tried at first", tried)
	}
	pack(deceptive(2, 32))
	if tried != 4*stepSize {
		t.Errorf("%d bytes are tried", tried)
	}
	pack(make([]byte, stepSize)) // zeros
	pack(deceptive(3, 4))
	if tried != 9*stepSize {
		t.Errorf("after other data, %d bytes are tried", tried)
	}
}

// Random streams of every kind arrive as they were.
func TestFramesOfRandomStreams(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for range 30 {
		var parts [][]byte
		for range random.IntN(6) {
			size := random.IntN(1 + random.IntN(3<<20))
			parts = append(parts, [][]byte{noise(byte(size), size), text(size), make([]byte, size), deceptive(byte(size), size/stepSize)}[random.IntN(4)])
		}
		sent(t, random.IntN(2) == 0, parts...)
	}
}

// An error of the connection is that of the writer.
func TestFrameWriterError(t *testing.T) {
	broken := errors.New("broken")
	r, pipe := io.Pipe()
	r.CloseWithError(broken)
	w := NewFrameWriter(pipe)
	_, err := w.Write(noise(1, 3*batchSize))
	if !errors.Is(err, broken) || !errors.Is(w.Finish(), broken) {
		t.Errorf("%v, and at the end %v", err, w.Finish())
	}
}
