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
	for _, c := range r.contexts() {
		if sum, err := c.Source.Scan(ctx); err == nil && sum.Bytes >= largeContext { // an entry that can't be read is an error of the upload
			r.warnOfLarge(c, sum)
		}
	}
}

func (r *run) warnOfLarge(c FurtherContext, sum buildcontext.Summary) {
	var names []string
	for _, e := range sum.Largest {
		names = append(names, fmt.Sprintf("%s (%s)", e.Path, units.HumanSize(float64(e.Bytes))))
	}
	r.Log.Warnf("%s holds %s in %d entries, the largest: %s",
		c.title(), units.HumanSize(float64(sum.Bytes)), sum.Entries, strings.Join(names, ", "))
}

// sentContext is a context, and what was sent of it.
type sentContext struct {
	FurtherContext
	buildcontext.Summary
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
func (r *run) warnOfLosses(sent []sentContext) {
	var setID []string
	for _, c := range sent {
		for _, skipped := range c.Skipped {
			r.Log.Warnf("%s is a %s and was left out of %s", skipped.Path, skipped.Kind, c.title())
		}
		setID = append(setID, c.SetID...)
	}
	identity := r.identity.Load()
	if n := len(setID); n > 0 && identity != nil && identity.LosesBits {
		r.Log.Warnf("%d set-user-ID or set-group-ID files lose that bit when %s copies them, %s first; RUN chmod sets it again", n, identity.Name, setID[0])
	}
}
