package podspec

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestExpired(t *testing.T) {
	created := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for expiry, c := range map[string]struct {
		age     time.Duration
		expired bool
	}{
		"1h": {59 * time.Minute, false}, "1h0m0s": {61 * time.Minute, true}, "": {1000 * time.Hour, false}, "soon": {1000 * time.Hour, false}, "-1h": {time.Hour, false},
	} {
		pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Annotations: map[string]string{}}}
		pod.CreationTimestamp = metav1.NewTime(created)
		pod.Annotations[AnnotationExpiresAfter] = expiry
		if got := Expired(pod, created.Add(c.age)); got != c.expired {
			t.Errorf("%q after %s: %v", expiry, c.age, got)
		}
	}
}
