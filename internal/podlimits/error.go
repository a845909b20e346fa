package podlimits

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// boundsError is an API server's error about the pod's requests, with the flags that help.
type boundsError struct {
	err    error
	bounds []requestBound
}

func (e *boundsError) Error() string { return e.err.Error() }

// Unwrap returns the API server's error.
func (e *boundsError) Unwrap() error { return e.err }

// Hint names requests that are within the bounds.
func (e *boundsError) Hint() string {
	var values []string
	orLimit := ""
	for _, b := range e.bounds {
		if value := string(b.resource) + "=" + b.quantity.String(); !slices.Contains(values, value) {
			values = append(values, value)
		}
		if !b.minimum {
			orLimit = ", or --limit for a higher limit"
		}
	}
	return "--request " + strings.Join(values, ",") + orLimit + "; kubectl describe limitrange shows the bounds"
}

// Explain returns err with a Hint method if it is about the containers' requests, and err itself otherwise.
func Explain(pod *corev1.Pod, containers []string, err error) error {
	if found := bounds(pod, containers, err); len(found) > 0 {
		return &boundsError{err, found}
	}
	return err
}
