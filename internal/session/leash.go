package session

import (
	"io"
	"sync"
	"time"
)

// leash is the stdin of a follow: a line now and then tells the supervisor that its client lives.
type leash struct {
	*io.PipeReader
	stop chan struct{}
	done sync.WaitGroup
}

// newLeash beats until it is closed, after each pause. Once goodbye is
// closed it says so, which lets the supervisor end; once leave is, the supervisor goes on without a client.
func newLeash(pause time.Duration, goodbye, leave <-chan struct{}) *leash {
	r, w := io.Pipe()
	l := &leash{PipeReader: r, stop: make(chan struct{})}
	l.done.Go(func() {
		tick := time.NewTicker(pause)
		defer tick.Stop()
		for line := "beat\n"; ; {
			if _, err := io.WriteString(w, line); err != nil {
				return
			}
			line = "beat\n"
			select {
			case <-tick.C:
			case <-goodbye:
				line, goodbye = "bye\n", nil
			case <-leave:
				line, leave = "detach\n", nil
			case <-l.stop:
				return
			}
		}
	})
	return l
}

// Close ends the leash and what the far end reads of it.
func (l *leash) Close() error {
	close(l.stop)
	err := l.PipeReader.Close()
	l.done.Wait()
	return err
}
