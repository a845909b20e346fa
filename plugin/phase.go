package plugin

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/kubectl-img/kubectl-img/internal/session"
)

// errTimedOut is the cause of a context whose --timeout or --pod-timeout ran out.
var errTimedOut = errors.New("timed out")

const (
	// phaseStart has a limit of its own.
	phaseStart = "start the builder pod"
	phaseLogin = "log in to the registries"
)

// phase is what the build is at, for the one message that needs it: the time-out's.
type phase struct {
	mu   sync.Mutex
	name string
}

func (p *phase) set(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.name = name
}

// engine takes a phase of the job.
func (p *phase) engine(name string) {
	if name == session.PhaseLogin {
		p.set(phaseLogin)
		return
	}
	p.set(name + " the image")
}

func (p *phase) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.name
}

// timeoutError says which phase ran out of time, and by which flag to give it more.
type timeoutError struct {
	phase string
	flag  string
	limit time.Duration
	cause error
}

func (e *timeoutError) Error() string {
	text := fmt.Sprintf("%s: timed out after %s", e.phase, e.limit)
	if e.cause != nil {
		text += ": " + e.cause.Error()
	}
	return text
}

func (e *timeoutError) Unwrap() error { return e.cause }

// Hint names the flag.
func (e *timeoutError) Hint() string { return "allow more time with --" + e.flag }

// ExitCode is that of timeout(1).
func (e *timeoutError) ExitCode() int { return codeTimeout }
