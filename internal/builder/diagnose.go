package builder

import (
	"fmt"
	"slices"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// PendingError says that the pod did not start in time, with the last known reason.
type PendingError struct {
	Reason string
	err    error // the time-out
}

func (e *PendingError) Error() string {
	return fmt.Sprintf("%v: %s", e.err, e.Reason)
}

// Unwrap returns the time-out.
func (e *PendingError) Unwrap() error { return e.err }

// StartError says that the pod can't start, so that nobody needs to wait for it.
type StartError struct {
	Reason  string // the kubelet's, such as ErrImagePull
	message string
	hint    string
	lasted  time.Duration // since the kubelet failed for the first time; 0 for what it has no need to try again
}

func (e *StartError) Error() string {
	if e.lasted > 0 {
		return fmt.Sprintf("start builder pod: %s for %s: %s", e.Reason, e.lasted, e.message)
	}
	return fmt.Sprintf("start builder pod: %s: %s", e.Reason, e.message)
}

// Hint names a setting that helps.
func (e *StartError) Hint() string { return e.hint }

const hintTemplateSources = "check the secrets and config maps that --pod-template names"

// startState is what a pod's status says about its start.
type startState struct {
	running bool
	waiting string // why the pod does not run yet; empty if unknown
	err     error  // why it never will
}

func diagnose(pod *corev1.Pod, container string) startState {
	if end := End(pod, container); end != nil {
		if end.Deleted != nil {
			return startState{err: end.Deleted}
		}
		return startState{err: end}
	}
	for _, c := range pod.Status.ContainerStatuses {
		if c.Name == container && c.State.Running != nil {
			return startState{running: true}
		}
	}
	for _, c := range slices.Concat(pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses) {
		if c.State.Waiting == nil {
			continue
		}
		if hint, final := permanentFailure(c.State.Waiting, c.Image, pod); final {
			return startState{err: &StartError{Reason: oneLine(c.State.Waiting.Reason), message: oneLine(c.State.Waiting.Message), hint: hint}}
		}
	}
	if end := stepEnd(pod); end != nil {
		if end.OutOfMemory() {
			return startState{err: end}
		}
		return startState{err: &StartError{Reason: reasonStepEnded, message: end.Error(), hint: hintOlderImage}}
	}
	for _, cond := range pod.Status.Conditions {
		if cond.Type == corev1.PodScheduled && cond.Status == corev1.ConditionFalse {
			return startState{waiting: oneLine(cond.Reason + ": " + cond.Message)}
		}
	}
	return startState{}
}

// permanentFailure reports whether a container waits for something that does not come by itself, and which setting helps.
func permanentFailure(waiting *corev1.ContainerStateWaiting, image string, pod *corev1.Pod) (hint string, ok bool) {
	switch waiting.Reason {
	case "ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName", "ErrInvalidImageName",
		"ImageInspectError", "RegistryUnavailable", "SignatureValidationFailed":
		return fmt.Sprintf("check that the nodes can pull %s; name another with --image, or credentials with --image-pull-secret", image), true
	case reasonNoContainer, reasonNotRun:
		return startHint(waiting.Reason, waiting.Message, pod), true
	case "CreateContainerConfigError":
		return hintTemplateSources, true
	}
	return "", false
}

// lastReason is the newest reason why a pod does not start.
type lastReason struct {
	mu   sync.Mutex
	text string
}

// set passes a new reason on to notify.
func (r *lastReason) set(text string, notify func(string)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if text != r.text {
		r.text = text
		notify(text)
	}
}

func (r *lastReason) get() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text
}
