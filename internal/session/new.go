package session

import "time"

// New returns a session with the supervisor that run reaches.
func New(run Runner, grace time.Duration, handlers Handlers) *Session {
	s := &Session{
		run: run, grace: grace, handlers: handlers,
		connected:    make(chan struct{}),
		uploadEvents: make(chan uploadEvent, 4*maxUploads),
		progress:     make(chan struct{}, 1),
		waiting:      make(chan struct{}, 1),
		outcome:      make(chan Outcome, 1),
		released:     make(chan struct{}),
		detaching:    make(chan struct{}),
		detached:     make(chan struct{}),
		limits:       uploadLimits{begin: beginLimit, silence: silenceLimit},
	}
	s.onEvents = s.eventTable()
	return s
}
