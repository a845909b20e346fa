package build

import (
	"context"
	"time"

	"github.com/kubectl-img/kubectl-img/internal/builder"
	"github.com/kubectl-img/kubectl-img/internal/explain"
	"github.com/kubectl-img/kubectl-img/podspec"
)

const (
	// sweepLimit bounds the sweep: a build must not wait for it.
	sweepLimit = 10 * time.Second
	// maxSwept is how many pods one sweep deletes. The next build deletes the rest.
	maxSwept = 20
)

// sweep deletes expired builder pods of the namespace. Now is the API server's time.
func (r *run) sweep(ctx context.Context, now time.Time) error {
	ctx, cancel := context.WithTimeoutCause(ctx, sweepLimit, explain.ErrTimedOut)
	defer cancel()
	pods, err := r.API.List(ctx, r.Pod.Namespace, podspec.Selector())
	if err != nil {
		r.Log.Debugf("no sweep: %v", err)
		return nil
	}
	swept := 0
	for i := range pods {
		if ctx.Err() != nil || swept == maxSwept {
			return nil
		}
		if !podspec.Expired(&pods[i], now) {
			continue
		}
		swept++
		pod := builder.Adopt(r.API, &pods[i], podspec.Container)
		if err := pod.DeleteUntil(ctx); err != nil {
			r.Log.Debugf("no sweep: %v", err)
			return nil
		}
		r.Log.Infof("deleted builder pod %s, which was left behind", pod)
	}
	return nil
}
