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

// Fetch copies a file of the pod to w and returns nil only if all of it arrived: its length and SHA-256 are checked.
func (s *Session) Fetch(ctx context.Context, path string, w io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	hold, release := io.Pipe() // the far end stays until its stdin ends, so that no tail is lost
	a := &arrival{w: w, sum: sha256.New(), complete: make(chan error, 1)}
	ran := make(chan error, 1)
	var running sync.WaitGroup
	running.Go(func() {
		ran <- s.run(ctx, verb("send", path), exec.Streams{Stdin: hold, Stdout: a.data(), Stderr: a.announcement()})
	})
	var err error
	select {
	case err = <-a.complete:
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

// arrival compares what comes with what was announced; the two travel in streams of their own.
type arrival struct {
	mu       sync.Mutex
	w        io.Writer
	sum      hash.Hash
	got      int64
	text     []byte
	complete chan error
	done     bool // nothing more is taken
}

func (a *arrival) data() io.Writer {
	return a.locked(func(p []byte) error {
		a.sum.Write(p)
		a.got += int64(len(p))
		_, err := a.w.Write(p)
		return err
	})
}

func (a *arrival) announcement() io.Writer {
	return a.locked(func(p []byte) error {
		a.text = append(a.text, p...)
		return nil
	})
}

func (a *arrival) locked(take func(p []byte) error) io.Writer {
	return writer(func(p []byte) {
		a.mu.Lock()
		defer a.mu.Unlock()
		if a.done {
			return
		}
		if err := take(p); err != nil {
			a.finish(err)
			return
		}
		a.check()
	})
}

// check finishes once as many bytes are here as were announced.
func (a *arrival) check() {
	var size int64
	var sum string
	if n, _ := fmt.Sscanf(string(a.text), "end %d %s", &size, &sum); n != 2 || len(sum) < 2*sha256.Size || a.got < size {
		return
	}
	if got := hex.EncodeToString(a.sum.Sum(nil)); a.got > size || got != sum {
		a.finish(fmt.Errorf("%d bytes of SHA-256 %s arrived instead of %d of %s", a.got, got, size, sum))
		return
	}
	a.finish(nil)
}

// finish gives the verdict. What comes after it, w must not see: the file there would be another one than was checked.
func (a *arrival) finish(err error) {
	a.done = true
	a.complete <- err
}
