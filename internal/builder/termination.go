package builder

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
)

// Termination is how the builder container or its pod ended.
type Termination struct {
	Code    int           // exit code of the container, -1 where it left none
	Reason  string        // OOMKilled, Evicted, DeadlineExceeded, Completed, Error, …
	Message string        // the supervisor's result, if it got that far
	Deleted *DeletedError // who told the pod to stop, if it is being deleted
	limit   string        // of memory
}

// Reasons of the kubelet that a flag helps against: kubernetes/pkg/kubelet.
const (
	reasonOOM      = "OOMKilled"
	reasonEvicted  = "Evicted"
	reasonDeadline = "DeadlineExceeded"
)

func (t *Termination) Error() string {
	switch t.Reason {
	case reasonOOM:
		return fmt.Sprintf("the builder ran out of memory (OOMKilled, limit %s)", t.limit)
	case reasonEvicted:
		return "the builder pod was evicted from its node (Evicted): " + oneLine(t.Message)
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

// HintMemory names the flags that give the builder more memory.
const HintMemory = "give the builder more with --limit memory=… and --request memory=…"

// Hint names the flag that gives the builder more of what it ran out of.
func (t *Termination) Hint() string {
	switch t.Reason {
	case reasonOOM:
		return HintMemory
	case reasonEvicted:
		return "ask for what the build needs with --request ephemeral-storage=…,memory=…, and raise a limit with --limit"
	case reasonDeadline:
		return "allow the build more time with --timeout"
	}
	return ""
}

// termination returns nil while the builder container may still run.
func termination(pod *corev1.Pod, container string) *Termination {
	t := ended(pod, container)
	if t != nil && pod.DeletionTimestamp != nil {
		t.Deleted = deleted(pod)
	}
	return t
}

func ended(pod *corev1.Pod, container string) *Termination {
	for _, c := range pod.Status.ContainerStatuses {
		end := c.State.Terminated
		if c.Name != container || end == nil {
			continue
		}
		t := &Termination{Code: int(end.ExitCode), Reason: end.Reason, Message: end.Message, limit: MemoryLimit(pod, container)}
		if pod.Status.Reason != "" { // what was done to the pod counts more than how its process took it
			t.Reason, t.Message = pod.Status.Reason, pod.Status.Message
		}
		return t
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

// MemoryLimit is the builder container's, or "none".
func MemoryLimit(pod *corev1.Pod, container string) string {
	for _, c := range pod.Spec.Containers {
		if limit := c.Resources.Limits.Memory(); c.Name == container && !limit.IsZero() {
			return limit.String()
		}
	}
	return "none"
}
