package progress

import (
	"io"
	"sync"
	"time"
)

const (
	// patience is how long a write waits for a reader that takes nothing.
	patience = time.Second
	// maxPending is how many bytes are held for a stopped reader. Beyond that, writes wait.
	maxPending = 8 << 20
)

// Screen writes to a terminal or a pipe whose reader can stop: after Ctrl-S, or in a pager. A stopped reader holds up the writers for no more than a
// moment, so that the build goes on behind it.
type Screen struct {
	w io.Writer

	mu       sync.Mutex
	pending  []byte        // not given to w yet
	taking   int           // bytes that w is taking
	hurried  bool          // no write waits while there is room
	idle     chan struct{} // closed once everything is written; nil if it is
	stopped  bool          // a write has waited in vain: until everything is written, others do not wait
	panicked any           // by w
}

// NewScreen returns a Screen that writes to w. It has written everything after Flush.
func NewScreen(w io.Writer) *Screen { return &Screen{w: w} }

// NewQueue returns a Screen whose writes do not wait for a moment, for a text that can be lost meanwhile.
func NewQueue(w io.Writer) *Screen { return &Screen{w: w, hurried: true} }

// Write returns once everything is written, or after a moment if the reader has stopped. It drops errors of the writer: a text that can't be shown must
// not end a build. A panic of the writer is passed on to one of the callers.
func (s *Screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	s.pending = append(s.pending, p...)
	if s.idle == nil {
		s.idle = make(chan struct{})
		go s.drain(s.idle)
	}
	idle, patient, full := s.idle, !s.stopped && !s.hurried, s.backlog() > maxPending
	s.mu.Unlock()
	switch {
	case full:
		<-idle
	case patient:
		s.await(idle)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if value := s.panicked; value != nil {
		s.panicked = nil
		panic(value)
	}
	return len(p), nil
}

// await waits until everything is written, or for a moment.
func (s *Screen) await(idle <-chan struct{}) {
	limit := time.NewTimer(patience)
	defer limit.Stop()
	select {
	case <-idle:
	case <-limit.C:
		s.mu.Lock()
		defer s.mu.Unlock()
		s.stopped = s.idle != nil
	}
}

// drain writes what is pending until there is nothing left.
func (s *Screen) drain(idle chan<- struct{}) {
	for {
		s.mu.Lock()
		p := s.pending
		s.pending, s.taking = nil, len(p)
		if len(p) == 0 {
			s.idle, s.stopped = nil, false
			close(idle)
			s.mu.Unlock()
			return
		}
		s.mu.Unlock()
		s.put(p)
	}
}

func (s *Screen) put(p []byte) {
	defer func() {
		if value := recover(); value != nil {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.panicked = value
		}
	}()
	_, _ = s.w.Write(p)
}

// Backlog returns how many bytes the reader has not taken yet.
func (s *Screen) Backlog() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.backlog()
}

func (s *Screen) backlog() int { return len(s.pending) + s.taking }

// Flush returns once everything is written, however long that takes.
func (s *Screen) Flush() {
	s.mu.Lock()
	idle := s.idle
	s.mu.Unlock()
	if idle != nil {
		<-idle
	}
}

// Before returns a writer to w that first waits until everything on the screen is written. Both can be one pipe, in which the result follows the log.
func (s *Screen) Before(w io.Writer) io.Writer { return &afterScreen{s, w} }

type afterScreen struct {
	screen *Screen
	w      io.Writer
}

func (a *afterScreen) Write(p []byte) (int, error) {
	a.screen.Flush()
	return a.w.Write(p)
}
