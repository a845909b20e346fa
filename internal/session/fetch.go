package session

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"sync"

	"github.com/kubectl-img/kubectl-img/exec"
)

// Fetch copies a file of the pod to w. It returns nil only if the whole file arrived: it checks the length and the SHA-256.
func (s *Session) Fetch(ctx context.Context, path string, w io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	stdin, release := io.Pipe() // keeps the remote process alive, so that the end of its output can't get lost
	d := &download{w: w, sum: sha256.New(), complete: make(chan error, 1)}
	ran := make(chan error, 1)
	var running sync.WaitGroup
	running.Go(func() {
		ran <- s.run(ctx, verb("send", path), exec.Streams{Stdin: stdin, Stdout: d.content(), Stderr: d.endMarker()})
	})
	var err error
	select {
	case err = <-d.complete:
		release.Close()
	case err = <-ran:
		if err == nil {
			err = errEnded
		}
	}
	cancel()
	running.Wait()
	if err != nil {
		return fmt.Errorf("fetch %s from the builder pod: %w", path, err)
	}
	return nil
}

// download compares the content with its end marker. They arrive in different streams.
type download struct {
	mu       sync.Mutex
	w        io.Writer
	sum      hash.Hash
	received int64
	marker   []byte
	complete chan error
	finished bool
}

func (d *download) content() io.Writer {
	return d.locked(func(p []byte) error {
		d.sum.Write(p)
		d.received += int64(len(p))
		_, err := d.w.Write(p)
		return err
	})
}

func (d *download) endMarker() io.Writer {
	return d.locked(func(p []byte) error {
		d.marker = append(d.marker, p...)
		return nil
	})
}

// locked ignores everything after the end: w would hold another file than the one that was checked.
func (d *download) locked(take func(p []byte) error) io.Writer {
	return sinkFunc(func(p []byte) {
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.finished {
			return
		}
		if err := take(p); err != nil {
			d.finish(err)
			return
		}
		d.check()
	})
}

// check finishes once the announced number of bytes has arrived.
func (d *download) check() {
	var size int64
	var sum string
	if n, _ := fmt.Sscanf(string(d.marker), "end %d %s", &size, &sum); n != 2 || len(sum) < 2*sha256.Size || d.received < size {
		return
	}
	if got := hex.EncodeToString(d.sum.Sum(nil)); d.received > size || got != sum {
		d.finish(fmt.Errorf("%d bytes of SHA-256 %s arrived instead of %d of %s", d.received, got, size, sum))
		return
	}
	d.finish(nil)
}

func (d *download) finish(err error) {
	d.finished = true
	d.complete <- err
}
