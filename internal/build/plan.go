// Package build carries out one build: it creates the builder pod, sends the context, follows the build, takes the result and deletes the pod.
package build

import (
	"fmt"
	"io"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/cli-runtime/pkg/printers"

	"github.com/kubectl-img/kubectl-img/internal/buildcontext"
	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/internal/engine"
	"github.com/kubectl-img/kubectl-img/internal/progress"
	"github.com/kubectl-img/kubectl-img/internal/registryauth"
	"github.com/kubectl-img/kubectl-img/podspec"
)

// Plan is one build, with every input read, defaulted and checked. Nothing has been done yet, and nothing changes it.
type Plan struct {
	Pod       *corev1.Pod           // the first pod that is created, and the one that --dry-run prints
	Profile   podspec.Profile       // the profile of Pod
	Fallbacks []Candidate           // with --profile auto: what is tried next where Pod's profile does not work
	Build     engine.Build          // the engine's part
	Source    *buildcontext.Context // the build context; nothing of it has been sent
	Further   []FurtherContext      // what is uploaded for --build-context
	File      string                // the Dockerfile of an uploaded context, as the user names it; empty for Dockerfile
	Secrets   [][]byte              // the content of session.SecretPath(n); never printed

	Tags   []Tag        // every name that the image is pushed under; the digest line shows the first
	Output *Destination // what the client fetches; nil for nothing

	Auth      registryauth.Rules   // how to log in to which registry
	Trust     registryauth.Trust   // which certificates are trusted
	Proxies   registryauth.Proxies // for the engine; empty without --proxy
	CheckPush bool                 // ask the registry before the upload

	IIDFile      string // receives the digest of the image's configuration
	DigestFile   string // receives the digest of the manifest
	MetadataFile string // receives JSON with buildx's keys

	Progress        progress.Mode
	StrictOwnership bool          // fail where profile restricted can't keep the owner of a file
	Timeout         time.Duration // of the whole run
	PodTimeout      time.Duration // until the builder runs; at most Timeout
	DetachGrace     time.Duration // how long the supervisor waits for a client that is gone
	Keep            bool          // do not delete the pod
	CacheWait       bool          // wait while another build holds the cache volume
	Detach          bool          // return once the pod has the context
	DryRun          string        // yaml, json or empty
	Verbose         bool

	Requests corev1.ResourceList // the resource requests that the user has chosen

	CacheDir string // directory of the profile cache; empty for none

	Warnings []string // one line each, for stderr, before anything else
}

// FurtherContext is a directory that is uploaded besides the build context.
type FurtherContext struct {
	Name   string // in the Dockerfile
	Path   string // in the pod
	Source *buildcontext.Context
}

// contexts returns what is uploaded for steps to copy from. The build context is the first, and has no name.
func (p *Plan) contexts() []FurtherContext {
	return append([]FurtherContext{{Path: p.Build.Context, Source: p.Source}}, p.Further...)
}

// title names a context for a text.
func (c FurtherContext) title() string {
	if c.Name == "" {
		return "the build context"
	}
	return "build context " + c.Name
}

// Candidate is a profile to try, and its pod.
type Candidate struct {
	Profile podspec.Profile
	Pod     *corev1.Pod
}

// hostSuffix marks the form of a profile without a user namespace of the pod's own.
const hostSuffix = "-host"

// withoutUserNamespace reports whether this is the form of its profile that a cluster without user namespaces can run.
func (c Candidate) withoutUserNamespace() bool {
	return c.Profile.UserNamespaceOptional() && c.Pod != nil && c.Pod.Spec.HostUsers == nil
}

// form names the profile and its form, for files and pods.
func (c Candidate) form() podspec.Profile {
	if c.withoutUserNamespace() {
		return c.Profile + hostSuffix
	}
	return c.Profile
}

// Tag is one name of the image.
type Tag struct {
	Reference  string // registry, repository and tag in full: docker.io/library/app:latest
	Registry   string // host and port; docker.io for the default registry
	Repository string // as the user typed it, without the tag: app
}

// The types of a Destination.
const (
	OutputTar    = "tar"
	OutputOCI    = "oci"
	OutputDocker = "docker"
	OutputLocal  = "local"
)

// Destination is where the client puts what the engine has written.
type Destination struct {
	Type string // tar, oci, docker or local
	Dest string // file, or directory for local; empty with Stdout
	// Stdout is set for dest=-: stdout carries the tar, and no digest line.
	Stdout bool
	Limit  int64 // of its size in bytes
}

// The formats of --dry-run.
const (
	DryRunYAML = "yaml"
	DryRunJSON = "json"
)

// Print writes the pod as kubectl prints it.
func (p *Plan) Print(w io.Writer) error {
	if p.DryRun == DryRunJSON {
		return (&printers.JSONPrinter{}).PrintObj(p.Pod, w)
	}
	return (&printers.YAMLPrinter{}).PrintObj(p.Pod, w)
}

// Warn writes the plan's warnings.
func (p *Plan) Warn(w io.Writer) {
	for _, warning := range p.Warnings {
		_, _ = fmt.Fprintln(w, "warning: "+cli.OneLine(warning))
	}
}
