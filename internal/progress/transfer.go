package progress

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/docker/go-units"
	"github.com/sirupsen/logrus"
)

// How often the count is shown on a terminal, and how often in a log.
const liveInterval, logInterval = 200 * time.Millisecond, 5 * time.Second

// Transfer shows how much of the build context was sent, and how fast.
type Transfer struct {
	w     io.Writer
	log   *logrus.Logger
	live  bool
	start time.Time

	mu    sync.Mutex
	total int64 // bytes
	next  time.Time
}

// NewTransfer starts to measure.
func NewTransfer(mode Mode, w io.Writer, terminal bool, log *logrus.Logger) *Transfer {
	t := &Transfer{w: w, log: log, live: mode == Auto && terminal, start: time.Now()}
	t.next = t.start.Add(t.interval())
	return t
}

func (t *Transfer) interval() time.Duration {
	if t.live {
		return liveInterval
	}
	return logInterval
}

// Sent takes the number of bytes sent so far.
func (t *Transfer) Sent(total int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.total = total
	now := time.Now()
	if now.Before(t.next) {
		return
	}
	t.next = now.Add(t.interval())
	if t.live {
		_, _ = fmt.Fprintf(t.w, "\r\x1b[K%s", t.text("sending"))
	} else {
		t.log.Info(t.text("sending"))
	}
}

// End shows the total, if the transfer did not fail.
func (t *Transfer) End(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.live {
		_, _ = fmt.Fprint(t.w, "\r\x1b[K")
	}
	if err == nil {
		t.log.Info(t.text("sent"))
	}
}

func (t *Transfer) text(verb string) string {
	took := time.Since(t.start)
	return fmt.Sprintf("%s the build context: %s in %.1fs (%s/s)", verb,
		units.HumanSize(float64(t.total)), took.Seconds(), units.HumanSize(float64(t.total)/max(took.Seconds(), 0.001)))
}
