package session

import (
	"io"
	"sync"
	"time"
)

// leash is the stdin of a follow: its lines tell the supervisor that the client is alive, and what the client wants.
type leash struct {
	*io.PipeReader
	stop chan struct{}
	done sync.WaitGroup
}

// newLeash sends a beat after each interval until it is closed. It sends a goodbye once released is closed, and detaches once
// detaching is closed.
func newLeash(interval time.Duration, released, detaching <-chan struct{}) *leash {
	r, w := io.Pipe()
	l := &leash{PipeReader: r, stop: make(chan struct{})}
	l.done.Go(func() {
		tick := time.NewTicker(interval)
		defer tick.Stop()
		for line := "beat\n"; ; {
			if _, err := io.WriteString(w, line); err != nil {
				return
			}
			line = "beat\n"
			select {
			case <-tick.C:
			case <-released:
				line, released = "bye\n", nil
			case <-detaching:
				line, detaching = "detach\n", nil
			case <-l.stop:
				return
			}
		}
	})
	return l
}

// Close ends the leash and its reader.
func (l *leash) Close() error {
	close(l.stop)
	err := l.PipeReader.Close()
	l.done.Wait()
	return err
}
