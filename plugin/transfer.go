package plugin

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/docker/go-units"
	"github.com/sirupsen/logrus"
)

const (
	redraw  = 200 * time.Millisecond // of the live count on a terminal
	restate = 5 * time.Second        // of the same in a log
)

// transfer shows how much of the context has been sent, and how fast.
type transfer struct {
	w     io.Writer
	log   *logrus.Logger
	live  bool
	start time.Time

	mu    sync.Mutex
	total int64
	next  time.Time
}

func newTransfer(p *Plan, w io.Writer, log *logrus.Logger) *transfer {
	t := &transfer{w: w, log: log, live: p.Progress == ProgressAuto && isTerminal(w), start: time.Now()}
	t.next = t.start.Add(t.pause())
	return t
}

func (t *transfer) pause() time.Duration {
	if t.live {
		return redraw
	}
	return restate
}

// add takes the number of bytes sent so far.
func (t *transfer) add(total int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.total = total
	now := time.Now()
	if now.Before(t.next) {
		return
	}
	t.next = now.Add(t.pause())
	if t.live {
		fmt.Fprintf(t.w, "\r\x1b[K%s", t.text("sending"))
	} else {
		t.log.Info(t.text("sending"))
	}
}

// end says how much was sent in all.
func (t *transfer) end(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.live {
		fmt.Fprint(t.w, "\r\x1b[K")
	}
	if err == nil {
		t.log.Info(t.text("sent"))
	}
}

func (t *transfer) text(verb string) string {
	took := time.Since(t.start)
	return fmt.Sprintf("%s the build context: %s in %.1fs (%s/s)", verb,
		units.HumanSize(float64(t.total)), took.Seconds(), units.HumanSize(float64(t.total)/max(took.Seconds(), 0.001)))
}
