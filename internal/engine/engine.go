// Package engine describes what a builder image must hold and how the engine in it is told to build, push and report.
package engine

// Phase names the part of a build that a step belongs to; errors and exit codes follow it.
type Phase string

// The phases in which an engine runs.
const (
	PhaseBuild  Phase = "build"
	PhaseDigest Phase = "digest"
	PhasePush   Phase = "push"
	PhaseOutput Phase = "output"
)

// Step is one command of the engine, run in order; the first that fails ends the build.
type Step struct {
	Phase Phase
	Argv  []string
}

// Build is what to build, with every value resolved.
type Build struct {
	Context    string   // directory in the pod
	Dockerfile string   // file in the pod
	Tags       []string // full references, tag included
	BuildArgs  []string // KEY=VALUE
	Labels     []string // KEY=VALUE
	Target     string
	Platform   string // os/arch[/variant], empty for the node's own
	NoCache    bool
	CacheFrom  []string
	CacheTo    []string
	Push       bool
	Output     *Output
}

// Output is a result that is brought back to the client instead of, or besides, being pushed.
type Output struct {
	Type  string   // tar, oci, docker or local
	Attrs []string // further KEY=VALUE of the output specification
	Path  string   // file or, for local, directory in the pod
}
