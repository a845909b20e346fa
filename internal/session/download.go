package session

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"sync"
)

// maxMarker is more than the length of an end marker in bytes.
const maxMarker = 200

var errMarker = errors.New("the pod does not say how long it is")

// SizeError reports that a file of the pod is larger than the client wants.
type SizeError struct {
	Limit int64 // bytes
}

func (e *SizeError) Error() string { return fmt.Sprintf("it has more than %d bytes", e.Limit) }

// download is a file of the pod, over any number of connections.
type download struct {
	w        io.Writer
	limit    int64 // bytes
	complete chan error

	mu       sync.Mutex
	sum      hash.Hash
	received int64
	signs    int // of life
	finished bool
}

func newDownload(w io.Writer, limit int64) *download {
	return &download{w: w, limit: limit, sum: sha256.New(), complete: make(chan error, 1)}
}

func (d *download) position() int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.received
}

// signsOfLife returns how often the pod has said that it computes the SHA-256.
func (d *download) signsOfLife() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.signs
}

func (d *download) finish(err error) {
	d.finished = true
	d.complete <- err
}

// downloadPart is one exec's part of a download. It compares the content with its end marker, which arrives in another stream.
type downloadPart struct {
	*download
	onAlive func() // called at a sign of life
	onData  func() // called when the content or its end marker arrives
	line    []byte
	marker  string
	closed  bool
}

func (d *download) open(onAlive, onData func()) *downloadPart {
	return &downloadPart{download: d, onAlive: onAlive, onData: onData}
}

// close makes p ignore what it receives: the exec can still write while the next one resumes.
func (p *downloadPart) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
}

func (p *downloadPart) content() io.Writer {
	return p.locked(func(b []byte) error {
		p.onData()
		if int64(len(b)) > p.limit-p.received {
			return &SizeError{p.limit}
		}
		p.sum.Write(b)
		n, err := p.w.Write(b)
		p.received += int64(n)
		return err
	})
}

// endMarker takes signs of life and the end marker, one per line.
func (p *downloadPart) endMarker() io.Writer {
	return p.locked(func(b []byte) error {
		for _, c := range b {
			if c != '\n' {
				p.line = append(p.line, c)
			} else {
				if err := p.onLine(string(p.line)); err != nil {
					return err
				}
				p.line = p.line[:0]
			}
			if len(p.line) > maxMarker {
				return errMarker
			}
		}
		return nil
	})
}

func (p *downloadPart) onLine(line string) error {
	switch line {
	case eventAlive:
		p.signs++
		p.onAlive()
	case "none":
		return fs.ErrNotExist
	default:
		p.marker = line
		p.onData()
	}
	return nil
}

// locked ignores everything after the end: w would hold another file than the one that was checked.
func (p *downloadPart) locked(take func(b []byte) error) io.Writer {
	return sinkFunc(func(b []byte) {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.closed || p.finished {
			return
		}
		err := take(b)
		if err == nil {
			err = p.check()
		}
		if err != nil {
			p.finish(err)
		}
	})
}

// check finishes once the announced number of bytes has arrived.
func (p *downloadPart) check() error {
	var size int64
	var sum string
	if n, _ := fmt.Sscanf(p.marker, "end %d %s", &size, &sum); n != 2 || len(sum) != 2*sha256.Size {
		return nil
	}
	if size > p.limit {
		return &SizeError{p.limit}
	}
	if p.received < size {
		return nil
	}
	if got := hex.EncodeToString(p.sum.Sum(nil)); p.received > size || got != sum {
		return fmt.Errorf("%d bytes of SHA-256 %s arrived instead of %d of %s", p.received, got, size, sum)
	}
	p.finish(nil)
	return nil
}
