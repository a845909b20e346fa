package plugin

import (
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-img/kubectl-img/internal/buildcontext"
	"github.com/kubectl-img/kubectl-img/internal/engine"
	"github.com/kubectl-img/kubectl-img/internal/registryauth"
	"github.com/kubectl-img/kubectl-img/podspec"
)

// Plan is one build, with every input read, defaulted and checked; nothing has been done yet and nothing in it changes.
type Plan struct {
	Pod     *corev1.Pod           // what is created first, and what --dry-run prints
	Profile podspec.Profile       // how far Pod is locked down
	Below   []Rung                // with --profile auto, what follows where the cluster refuses Pod for its isolation
	Build   engine.Build          // what the engine is told
	Source  *buildcontext.Context // the build context; nothing of it has been sent

	Tags   []Tag   // every name the image is pushed under; the first is the one the digest line shows
	Output *Output // what is brought back to the client; nil for nothing

	Auth      registryauth.Rules   // how to log in to which registry
	Trust     registryauth.Trust   // whose certificates are believed
	Proxies   registryauth.Proxies // for the engine; none unless asked for
	CheckPush bool                 // before the upload

	IIDFile      string // receives the digest of the image's configuration
	DigestFile   string // receives the digest of the manifest
	MetadataFile string // receives buildx's keys as JSON

	Progress        Progress
	StrictOwnership bool          // fail where profile restricted can't keep a file's owner
	Timeout         time.Duration // of the whole run
	PodTimeout      time.Duration // until the builder runs; never more than Timeout
	DetachGrace     time.Duration // how long the supervisor waits for a client that left without a goodbye
	Keep            bool          // leave the pod for inspection
	CacheWait       bool          // while another build holds the cache volume
	Detach          bool          // leave the build to itself once the pod has the context
	DryRun          string        // yaml, json or empty
	Verbose         bool

	Requests corev1.ResourceList // that the user has chosen

	CacheDir string // where the profile that worked is remembered; empty for nowhere

	Warnings []string // one line each, for stderr, before anything else
}

// Rung is a pod of the ladder that --profile auto goes down.
type Rung struct {
	Profile podspec.Profile
	Pod     *corev1.Pod
}

// Tag is one name of the image.
type Tag struct {
	Reference  string // registry, repository and tag in full: docker.io/library/app:latest
	Registry   string // host and port, docker.io for the default one
	Repository string // as the user typed it, without the tag: app
}

// Output is where the client puts what the engine brings back.
type Output struct {
	Type string // tar, oci, docker or local
	Dest string // file, or directory for local; empty if Stdout
	// Stdout is set for dest=-: stdout carries the tar, and no digest line.
	Stdout bool
}

// Progress is how much of the build's output is shown.
type Progress string

// The progress modes.
const (
	ProgressAuto  Progress = "auto"
	ProgressPlain Progress = "plain"
	ProgressSteps Progress = "steps"
	ProgressQuiet Progress = "quiet"
)
