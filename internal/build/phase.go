package build

import (
	"sync"

	"github.com/kubectl-img/kubectl-img/internal/explain"
	"github.com/kubectl-img/kubectl-img/internal/session"
)

// The phases of a run, as the message of a time-out names them.
const (
	phaseCreate = "create the builder pod"
	phaseStart  = explain.PhaseStart
	phaseLogin  = "log in to the registries"
	phaseUpload = "send the build context"
	phaseCache  = "wait for the cache volume"
	phaseFetch  = "bring back the output"
	phaseFiles  = "write the result's files"
)

// runPhase is what the run is doing.
type runPhase struct {
	mu   sync.Mutex
	name string
}

func (p *runPhase) set(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.name = name
}

// setJob sets a phase that the supervisor reports.
func (p *runPhase) setJob(name string) {
	if name == session.PhaseLogin {
		p.set(phaseLogin)
		return
	}
	p.set(name + " the image")
}

func (p *runPhase) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.name
}
