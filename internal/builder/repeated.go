package builder

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// repeatLimit is how long the kubelet can fail to set up the pod in the same way, by its own clock. Some network plugins take a minute until they have
// an address for a pod.
const repeatLimit = 2 * time.Minute

// Reasons of what the kubelet tries again for as long as the pod exists, beside reasonNoSandbox.
const (
	reasonNoCgroup = "FailedCreatePodContainer"
	reasonNoMount  = "FailedMount"
)

// progressReasons are those of events that say that the pod has a sandbox and its volumes.
var progressReasons = []string{"Pulling", "Pulled", "Created"}

// repeatedFailure is what the kubelet has failed to do since the pod was last known to make progress.
type repeatedFailure struct {
	reason string
	since  time.Time
}

// see returns an error if the event says that the same failure has lasted for repeatLimit, and nil for any other event.
func (f *repeatedFailure) see(e *corev1.Event) error {
	if slices.Contains(progressReasons, e.Reason) {
		*f = repeatedFailure{}
		return nil
	}
	message := oneLine(e.Message)
	hint, endless := endlessFailure(e, message)
	first, last := e.FirstTimestamp.Time, e.LastTimestamp.Time
	if !endless || first.IsZero() {
		return nil
	}
	if f.reason != e.Reason || first.Before(f.since) {
		*f = repeatedFailure{e.Reason, first}
	}
	lasted := last.Sub(f.since)
	if lasted < repeatLimit {
		return nil
	}
	return &StartError{Reason: e.Reason, message: message, hint: hint, lasted: lasted.Round(time.Second)}
}

// endlessFailure reports whether the event is about something that fails again and again until somebody mends it, and what helps. A volume can take
// long until it is attached, so only one whose source does not exist counts.
func endlessFailure(e *corev1.Event, message string) (hint string, ok bool) {
	switch {
	case e.Reason == reasonNoSandbox, e.Reason == reasonNoCgroup:
		node := cmp.Or(e.Source.Host, "NODE")
		return fmt.Sprintf("choose other nodes with --node-selector; kubectl describe node %s shows what may be wrong with this one", node), true
	case e.Reason == reasonNoMount && (strings.HasSuffix(message, " not found") || strings.Contains(message, "references non-existent")):
		return hintTemplateSources, true
	}
	return "", false
}
