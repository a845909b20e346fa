package receive

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// frameOf returns payload as a frame.
func frameOf(kind string, payload []byte) []byte {
	var body bytes.Buffer
	switch kind {
	case "gzip":
		w := gzip.NewWriter(&body)
		_, _ = w.Write(payload)
		_ = w.Close()
	case "zstd":
		w, _ := zstd.NewWriter(nil)
		body.Write(w.EncodeAll(payload, nil))
	default:
		body.Write(payload)
	}
	return append(fmt.Appendf(nil, "%s %d\n", kind, body.Len()), body.Bytes()...)
}

// read returns the payload, the number of frames and the sum of the end marker.
func read(stream io.Reader) (payload []byte, took int, sum string, err error) {
	f := newFrames(stream, func() error { took++; return nil }, func(s string) error { sum = s; return nil })
	payload, err = io.ReadAll(f)
	return payload, took, sum, err
}

func TestFrames(t *testing.T) {
	text := []byte(strings.Repeat("content ", 10_000))
	whole := bytes.Join([][]byte{frameOf("raw", text), frameOf("gzip", text), frameOf("zstd", text), frameOf("raw", nil), []byte("end 0 abc\n")}, nil)
	for name, c := range map[string]struct {
		stream string
		want   string // of the error
	}{
		"every kind":                  {string(whole), ""},
		"what follows the marker":     {string(whole) + "junk", ""},
		"nothing":                     {"", errCut.Error()},
		"cut in a line":               {"raw 5", errCut.Error()},
		"cut in a raw frame":          {"raw 5\nabcd", errCut.Error()},
		"cut in a gzip frame":         {string(frameOf("gzip", text)[:60]), errCut.Error()},
		"cut in a zstd frame":         {string(frameOf("zstd", text)[:20]), errCut.Error()},
		"no marker":                   {string(frameOf("raw", text)), errCut.Error()},
		"a marker without a sum":      {"end 0\n", "unknown frame"},
		"unknown":                     {"lzma 5\nabcde", "unknown frame"},
		"no length":                   {"raw\n", "unknown frame"},
		"a negative length":           {"raw -1\n", "invalid syntax"},
		"a huge length":               {"raw 99999999999999999999\n", "out of range"},
		"a line without an end":       {strings.Repeat("x", 1<<20), "too long"},
		"a gzip frame that is none":   {"gzip 5\nabcde", "decompress a frame"},
		"a zstd frame that is none":   {"zstd 5\nabcde", "decompress a frame"},
		"a gzip frame that ends late": {"gzip 5\n" + string(frameOf("gzip", text)[len("gzip 999\n"):]), "decompress a frame"},
		"bytes after a zstd frame":    {"zstd 99999\n" + string(frameOf("zstd", text)), "decompress a frame"},
	} {
		t.Run(name, func(t *testing.T) {
			payload, took, sum, err := read(strings.NewReader(c.stream))
			if c.want != "" {
				if err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("%v, want %q", err, c.want)
				}
				return
			}
			if err != nil || !bytes.Equal(payload, bytes.Repeat(text, 3)) || took != 4 || sum != "abc" {
				t.Errorf("%d bytes, %d frames, sum %q, %v", len(payload), took, sum, err)
			}
		})
	}
}

// A window that would take more memory is refused.
func TestFrameWithLargeWindow(t *testing.T) {
	var body bytes.Buffer
	w, err := zstd.NewWriter(&body, zstd.WithWindowSize(64<<20))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(w, io.LimitReader(zeros{}, 100<<20)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	stream := append(fmt.Appendf(nil, "zstd %d\n", body.Len()), body.Bytes()...)
	if _, _, _, err := read(bytes.NewReader(stream)); !errors.Is(err, zstd.ErrWindowSizeExceeded) {
		t.Errorf("%v", err)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// A frame takes no more memory for being large.
func TestFrameMemory(t *testing.T) {
	const size = 256 << 20
	for _, kind := range []string{"raw", "zstd"} {
		stream := io.MultiReader(strings.NewReader(fmt.Sprintf("raw %d\n", size)), io.LimitReader(zeros{}, size))
		if kind == "zstd" {
			stream = bytes.NewReader(largeFrame())
		}
		parts := newChunks(1)
		go parts.fill(newFrames(stream, func() error { return nil }, nil), nil)
		buffer := make([]byte, 1<<20)
		total := 0
		for ; total < size/2; total += len(buffer) {
			if _, err := io.ReadFull(parts.readers[0], buffer); err != nil {
				t.Fatal(err)
			}
		}
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		if m.HeapAlloc > 48<<20 {
			t.Errorf("%s: %d MB in use", kind, m.HeapAlloc>>20)
		}
	}
}

func largeFrame() []byte {
	var body bytes.Buffer
	w, _ := zstd.NewWriter(&body, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
	_, _ = io.Copy(w, io.LimitReader(zeros{}, 256<<20))
	_ = w.Close()
	return append(fmt.Appendf(nil, "zstd %d\n", body.Len()), body.Bytes()...)
}

// Whatever arrives: no panic, and only a stream with an end marker is whole. What it has is what its frames say.
func FuzzFrames(f *testing.F) {
	text := []byte("some text some text some text")
	for _, kind := range []string{"raw", "gzip", "zstd"} {
		f.Add(append(frameOf(kind, text), "end 29 abc\n"...))
	}
	f.Add([]byte("raw 0\nend 0 \n"))
	f.Add([]byte("raw 00005\nabcdeend 1 a\n"))
	f.Fuzz(func(t *testing.T, stream []byte) {
		payload, took, sum, err := read(bytes.NewReader(stream))
		again, tookAgain, sumAgain, errAgain := read(slow{bytes.NewReader(stream)})
		if !bytes.Equal(payload, again) || took != tookAgain || sum != sumAgain || (err == nil) != (errAgain == nil) {
			t.Errorf("%q reads %q, %d, %q, %v, and in pieces %q, %d, %q, %v", stream, payload, took, sum, err, again, tookAgain, sumAgain, errAgain)
		}
		if err == nil && !bytes.Contains(stream, []byte("end ")) {
			t.Errorf("%q is whole without an end marker", stream)
		}
		if bytes.HasPrefix(stream, []byte("raw ")) && !bytes.Contains(stream, payload[:min(len(payload), 1)]) {
			t.Errorf("%q has no %q", stream, payload)
		}
	})
}

// slow reads few bytes at a time.
type slow struct{ io.Reader }

func (s slow) Read(p []byte) (int, error) { return s.Reader.Read(p[:min(len(p), 3)]) }

// Two readers get the same, however fast they are.
func TestChunks(t *testing.T) {
	random := rand.NewChaCha8([32]byte{1})
	content := make([]byte, 5<<20+7)
	_, _ = random.Read(content)
	c := newChunks(2)
	go c.fill(bytes.NewReader(content), nil)
	got := make(chan []byte, 2)
	for _, r := range c.readers {
		go func() {
			all, _ := io.ReadAll(struct{ io.Reader }{r})
			got <- all
		}()
	}
	for range c.readers {
		if all := <-got; !bytes.Equal(all, content) {
			t.Errorf("%d of %d bytes, or others", len(all), len(content))
		}
	}
}
