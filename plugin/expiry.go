package plugin

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-img/kubectl-img/internal/builder"
	"github.com/kubectl-img/kubectl-img/podspec"
)

const (
	// sweepLimit bounds the sweep of a build, which must not wait for it.
	sweepLimit = 10 * time.Second
	// sweepMost is how many pods a sweep deletes; the next build has a go at the rest.
	sweepMost = 20
)

// expired says whether a builder pod is older than anybody who waits for it. One without a valid expiry is left alone.
func expired(pod *corev1.Pod, now time.Time) bool {
	after, err := time.ParseDuration(pod.Annotations[podspec.AnnotationExpiresAfter])
	return err == nil && after > 0 && now.Sub(pod.CreationTimestamp.Time) > after
}

// sweep deletes builder pods of the namespace that clients have left behind. Time is what the API server says: ours is
// the creation of a pod just now.
func (b *build) sweep(ctx context.Context, now time.Time) error {
	ctx, cancel := context.WithTimeoutCause(ctx, sweepLimit, errTimedOut)
	defer cancel()
	pods, err := b.api.List(ctx, b.Pod.Namespace, ours())
	if err != nil {
		b.log.Debugf("no sweep: %v", err)
		return nil
	}
	swept := 0
	for i := range pods {
		if ctx.Err() != nil || swept == sweepMost {
			return nil
		}
		if !expired(&pods[i], now) {
			continue
		}
		swept++
		pod := builder.Adopt(b.api, &pods[i], podspec.Container)
		if err := pod.DeleteUntil(ctx); err != nil {
			b.log.Debugf("no sweep: %v", err)
			return nil
		}
		b.log.Infof("deleted builder pod %s, which was left behind", pod)
	}
	return nil
}
