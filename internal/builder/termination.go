package builder

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
)

// Termination is how the builder container or its pod ended.
type Termination struct {
	Code    int    // exit code of the container, -1 where it left none
	Reason  string // OOMKilled, Evicted, DeadlineExceeded, Completed, Error, …
	Message string // the supervisor's result, if it got that far
	limit   string
}

func (t *Termination) Error() string {
	if t.Reason == "OOMKilled" {
		return fmt.Sprintf("the builder ran out of memory (OOMKilled, limit %s)", t.limit)
	}
	text := fmt.Sprintf("the builder pod ended early: %s", t.Reason)
	if t.Code > 0 {
		text += fmt.Sprintf(" (exit code %d)", t.Code)
	}
	if t.Message != "" {
		text += ": " + oneLine(t.Message)
	}
	return text
}

// Hint names the flag that gives the builder more of what it ran out of.
func (t *Termination) Hint() string {
	switch t.Reason {
	case "OOMKilled":
		return "give the builder more with --limit memory=… and --request memory=…"
	case "Evicted":
		return "ask for the disk the build needs with --request ephemeral-storage=…"
	case "DeadlineExceeded":
		return "allow the build more time with --timeout"
	}
	return ""
}

// termination returns nil while the builder container may still run.
func termination(pod *corev1.Pod, container string) *Termination {
	for _, c := range pod.Status.ContainerStatuses {
		if end := c.State.Terminated; c.Name == container && end != nil {
			limit := "none"
			if c.Resources != nil && !c.Resources.Limits.Memory().IsZero() {
				limit = c.Resources.Limits.Memory().String()
			}
			t := &Termination{Code: int(end.ExitCode), Reason: end.Reason, Message: end.Message, limit: limit}
			if pod.Status.Reason != "" {
				t.Reason = pod.Status.Reason
			}
			return t
		}
	}
	if pod.Status.Phase == corev1.PodFailed || pod.Status.Phase == corev1.PodSucceeded {
		return &Termination{Code: -1, Reason: orPhase(pod.Status.Reason, pod.Status.Phase), Message: pod.Status.Message}
	}
	return nil
}

func orPhase(reason string, phase corev1.PodPhase) string {
	if reason != "" {
		return reason
	}
	return string(phase)
}
