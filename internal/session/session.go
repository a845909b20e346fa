package session

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/kubectl-img/kubectl-img/exec"
)

// Runner runs a command in the builder container; exec.Container.Run is one.
type Runner func(ctx context.Context, argv []string, s exec.Streams) error

// Session is one build's conversation with its pod.
type Session struct {
	run   Runner
	grace time.Duration // how long the supervisor waits for a client that is gone
	notes Notes

	connected chan struct{} // closed when the supervisor was first heard
	words     chan word     // the supervisor's, on the upload
	pulse     chan struct{} // an upload moves
	outcome   chan Outcome  // the result, once
	goodbye   chan struct{} // closed when the supervisor may end
	leave     chan struct{} // closed when the supervisor shall go on without a client
	left      chan struct{} // closed when it knows
	once      sync.Once
	leaving   sync.Once
	watching  bool // without a leash
	limits    limits
}

// limits are the bounds that tests shorten.
type limits struct{ launching, silence time.Duration }

// word is what the supervisor says of an upload.
type word struct {
	name   string
	try    int    // which one is meant; 0 for whichever it was
	reason string // why it is refused
}

const (
	wordReceiving = "receiving"
	wordUploaded  = "uploaded"
	wordRefused   = "refused"
	wordFull      = "full" // refused for want of disk
)

// Outcome is how a job ended.
type Outcome struct {
	Result Result
	Err    error
}

// Notes are told what happens, for the user; any of them may be nil.
type Notes struct {
	Ready        func()                                     // the pod has passed the supervisor's check: it is as isolated as was asked for, and the engine can start
	Phase        func(name string)                          // a step of the job begins
	Identity     func(name string)                          // the address of the pod's Google identity
	Losses       func(report string)                        // the engine could not keep the owners of some files: their number, and the first of them
	Held         func(by string)                            // the cache volume is used by another builder pod
	Broken       func(ctx context.Context, err error) error // the upload broke and is about to be sent again, unless an error is returned
	Disconnected func(err error)                            // the log broke off and is about to be resumed
}

// New returns the session with the supervisor that run reaches.
func New(run Runner, grace time.Duration, notes Notes) *Session {
	return &Session{
		run: run, grace: grace, notes: notes,
		connected: make(chan struct{}),
		words:     make(chan word, 4*tries),
		pulse:     make(chan struct{}, 1),
		outcome:   make(chan Outcome, 1),
		goodbye:   make(chan struct{}),
		leave:     make(chan struct{}),
		left:      make(chan struct{}),
		limits:    limits{launching: launching, silence: silence},
	}
}

// Result delivers how the job ended, once.
func (s *Session) Result() <-chan Outcome { return s.outcome }

// Detach has the job go on without a client, and returns when the supervisor knows. Follow must be running.
func (s *Session) Detach(ctx context.Context) error {
	close(s.leave)
	select {
	case <-s.left:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Release tells the supervisor that it may end; to be called once.
func (s *Session) Release() { close(s.goodbye) }

// Connected is closed once the supervisor has been heard.
func (s *Session) Connected() <-chan struct{} { return s.connected }

// event takes one line of the supervisor's; end is not nil when it was the last one.
func (s *Session) event(line string) (end *ending, err error) {
	s.once.Do(func() { close(s.connected) })
	name, rest, _ := strings.Cut(line, " ")
	switch name {
	case "ready":
		if s.notes.Ready != nil {
			s.notes.Ready()
		}
	case "took":
		s.feelPulse()
	case wordUploaded:
		s.hear(word{name: name})
	case wordReceiving, wordRefused, wordFull:
		which, reason, _ := strings.Cut(rest, " ")
		try, err := strconv.Atoi(which)
		if err != nil {
			return nil, fmt.Errorf("read the supervisor's word %.100q: %w", line, err)
		}
		s.hear(word{name, try, reason})
	case "held":
		if s.notes.Held != nil {
			s.notes.Held(rest)
		}
	case "detached":
		s.leaving.Do(func() { close(s.left) })
	case "phase":
		if s.notes.Phase != nil {
			s.notes.Phase(rest)
		}
	case "identity":
		if s.notes.Identity != nil {
			s.notes.Identity(rest)
		}
	case "losses":
		if s.notes.Losses != nil {
			s.notes.Losses(rest)
		}
	case "result":
		e, err := parseEnding(rest)
		return &e, err
	}
	return nil, nil
}

func (s *Session) feelPulse() {
	select {
	case s.pulse <- struct{}{}:
	default:
	}
}

// hear passes a word on to the upload; each try has a few of them at most.
func (s *Session) hear(w word) {
	select {
	case s.words <- w:
	default:
	}
}
