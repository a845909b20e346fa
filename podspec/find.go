package podspec

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// Selector returns the label selector of builder pods.
func Selector() string {
	return labels.Set{LabelManagedBy: managedBy, LabelComponent: component}.String()
}

// IsBuilder reports whether kubectl img created the pod.
func IsBuilder(pod *corev1.Pod) bool {
	return pod.Labels[LabelManagedBy] == managedBy && pod.Labels[LabelComponent] == component
}

// Expired reports whether a builder pod is past its expiry, when nobody waits for it any more. A pod without a valid expiry never expires.
func Expired(pod *corev1.Pod, now time.Time) bool {
	after, err := time.ParseDuration(pod.Annotations[AnnotationExpiresAfter])
	return err == nil && after > 0 && now.Sub(pod.CreationTimestamp.Time) > after
}
