// Package engine describes what an engine is: the program in the builder image that builds and pushes. Each engine has a package of its own below
// this one, which holds all that is known of it.
package engine

import (
	"strings"

	"github.com/kubectl-img/kubectl-img/internal/registryauth"
)

// Engine is a program that builds images in a pod.
type Engine interface {
	// Steps returns the commands that carry out a build.
	Steps(Build) []Step
	// Environment returns the variables that the supervisor and the engine read in the container. keepsState is whether builds to come find the engine's state.
	Environment(keepsState bool) map[string]string
	// Slots returns what it takes to run build steps in containers of their own: the main process of each container, whose names are unique, and the
	// variables that the builder container has in addition to those of Environment.
	Slots(names []string) (commands [][]string, env map[string]string)
	// Abilities returns what the engine can do. The command line rejects everything else by name.
	Abilities() Abilities
	// Identify reads what the program said of itself: the output of the command ABOUT in Environment, or nothing if it knows no such command.
	Identify(answer string) Identity
	// Needs returns what a build asks for that not every version of the engine can do.
	Needs(Build) []Need
	// ReadLine parses a line of the engine's log, with or without its line break.
	ReadLine(line string) Line
	// Diagnose reads the engine's last words about a failure.
	Diagnose(lastLine string) Diagnosis
}

// Phase names the part of a build that a step belongs to; errors and exit codes follow it.
type Phase string

// The phases in which an engine runs.
const (
	PhaseBuild  Phase = "build"
	PhaseDigest Phase = "digest"
	PhasePush   Phase = "push"
	PhaseOutput Phase = "output"
)

// Step is one command of the engine. Steps run in order; the first that fails ends the build.
type Step struct {
	Phase Phase
	Argv  []string
}

// Build is what to build, with every value resolved.
type Build struct {
	Remote      string   // URL of a context that the engine fetches; empty for one that is uploaded
	Context     string   // directory in the pod
	Contexts    []string // NAME=WHERE of further contexts: a directory in the pod, a URL, docker-image://REF, or oci-layout://DIRECTORY@DIGEST in the pod
	Dockerfile  string   // file in the pod; in a context that the engine fetches: a path in it, empty for the usual one
	Tags        []string // full references, tag included
	BuildArgs   []string // KEY=VALUE
	Labels      []string // KEY=VALUE
	Annotations []string // KEY=VALUE of the manifest
	Target      string
	Platform    string // os/arch[/variant], or several with commas; empty for the node's own
	NoCache     bool
	StaleSteps  []string // stages of which every step runs again
	Pull        bool     // ask the registry for base images that the engine has kept
	AddHosts    []string // HOST=IP for the steps' /etc/hosts
	ShmSize     int64    // of the steps' /dev/shm in bytes, 0 for the engine's own default
	Ulimits     []string // NAME=SOFT:HARD for the steps
	Secrets     []Secret // for RUN --mount=type=secret
	Keys        []Secret // private keys for RUN --mount=type=ssh
	CacheFrom   []string // type=TYPE,KEY=VALUE,…
	CacheTo     []string // type=TYPE,KEY=VALUE,…
	Frontends   []string // lists of images that may read the Dockerfile, or "none"; each one restricts
	Push        bool
	Image       []string // KEY=VALUE of how the pushed image is written: its compression, for example
	Output      *Output
}

// ManyPlatforms reports whether the result is an index of several images.
func (b Build) ManyPlatforms() bool { return strings.Contains(b.Platform, ",") }

// Secret is a file in the pod that steps can mount, and that no layer has.
type Secret struct{ ID, Path string }

// Output is a result that the client fetches instead of, or besides, the push.
type Output struct {
	Type  string   // tar, oci or docker
	Attrs []string // further KEY=VALUE of the output specification
	Path  string   // file in the pod
}

// Diagnosis is what an engine's last line means.
type Diagnosis struct {
	Text     string             // the line without the engine's own prefix
	Frontend string             // the image that the Dockerfile names as its frontend, and that is not allowed
	Allowed  string             // for Frontend: what is allowed in its place
	Flag     string             // gives the build what it asked for in vain: a secret, a key
	StepLost bool               // the container in which a build step ran has ended
	StepOOM  bool               // the kernel killed a process of a build step for memory
	GaveUp   bool               // the engine ended by itself, and nothing in the build is at fault
	Registry registryauth.Cause // why a registry could not be used; empty if the line is not about a registry
	Detail   string             // for Registry: the part of the line that says it
}
