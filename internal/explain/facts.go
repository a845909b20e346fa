// Package explain turns what happened into an error that a user can act on: one line, one hint, an exit code. There is a file per subject.
// It asks nobody and changes nothing: what it needs to know is in Facts.
package explain

import (
	"errors"
	"iter"
	"time"

	"github.com/kubectl-img/kubectl-img/internal/builder"
	"github.com/kubectl-img/kubectl-img/internal/engine"
	"github.com/kubectl-img/kubectl-img/internal/registryauth"
)

// ErrTimedOut is the cause of a context whose --timeout or --pod-timeout ran out.
var ErrTimedOut = errors.New("timed out")

// PhaseStart is the phase that --pod-timeout limits.
const PhaseStart = "start the builder pod"

// Facts is what is known of a build when it fails.
type Facts struct {
	Phase      string // what the build was doing, as a verb phrase
	Timeout    time.Duration
	PodTimeout time.Duration

	Namespace      string
	Pod            string
	ServiceAccount string // empty for the default one
	MemoryLimit    string // of the builder container
	Repository     string // of the first tag

	StepMemoryLimit string           // of a container for build steps; empty if the pod has none
	StepEnd         *builder.StepEnd // of a container for build steps, if one has ended

	LostNode, LostNodeReason string // the node, if it is the node that was lost

	Engine  engine.Engine
	Log     engineLog
	Failure engine.Failure // the step that failed, as far as the log shows it
	Login   LoginFacts
}

// engineLog is the engine's output so far.
type engineLog interface {
	// Backward yields the lines that are not empty, the last one first.
	Backward() iter.Seq[string]
}

// LoginFacts is what is known of the build's registry logins. Its zero value is that of a build without any.
type LoginFacts struct {
	Logins   registryauth.Logins
	Account  string   // the cloud account that the pod's service account stands for, if known
	Identity string   // the cloud identity that the pod has shown
	Accepted []string // registries that accepted the login before the build
}

func (f Facts) lastLine() string {
	for line := range f.Log.Backward() {
		return line
	}
	return ""
}
