package build

import (
	"context"
	"fmt"
	"strings"

	"github.com/docker/go-units"

	"github.com/kubectl-img/kubectl-img/internal/buildcontext"
	"github.com/kubectl-img/kubectl-img/internal/dockerfile"
	"github.com/kubectl-img/kubectl-img/internal/progress"
)

// largeContext is the size in bytes from which the largest entries are named.
const largeContext = 100e6

// warnOfSize names the largest entries of a large context: what a user forgot to ignore is nearly always among them.
func (r *run) warnOfSize(ctx context.Context) {
	sum, err := r.Source.Scan(ctx)
	if err != nil || sum.Bytes < largeContext {
		return // an entry that can't be read is an error of the upload
	}
	var names []string
	for _, e := range sum.Largest {
		names = append(names, fmt.Sprintf("%s (%s)", e.Path, units.HumanSize(float64(e.Bytes))))
	}
	r.Log.Warnf("the build context holds %s in %d entries, the largest: %s",
		units.HumanSize(float64(sum.Bytes)), sum.Entries, strings.Join(names, ", "))
}

// warnOfArguments names the build arguments that the Dockerfile does not declare.
func (r *run) warnOfArguments() {
	if r.Progress == progress.Quiet || r.Source == nil || len(r.Source.Dockerfile()) == 0 {
		return
	}
	unused, err := dockerfile.UnusedArgs(r.Source.Dockerfile(), r.Build.BuildArgs)
	if err == nil && len(unused) > 0 { // otherwise the engine says what is wrong with the Dockerfile
		r.Log.Warnf("the Dockerfile has no ARG for --build-arg %s", strings.Join(unused, ", "))
	}
}

// warnOfLosses names what differs between the context and the image.
func (r *run) warnOfLosses(sent buildcontext.Summary) {
	for _, skipped := range sent.Skipped {
		r.Log.Warnf("%s is a %s and was left out of the build context", skipped.Path, skipped.Kind)
	}
	identity := r.identity.Load()
	if n := len(sent.SetID); n > 0 && identity != nil && identity.LosesBits {
		r.Log.Warnf("%d set-user-ID or set-group-ID files lose that bit when %s copies them, %s first; RUN chmod sets it again", n, identity.Name, sent.SetID[0])
	}
}
