package builder

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
)

// PendingError says that the pod did not start in time, and the last reason known.
type PendingError struct {
	Reason string
	Err    error // the time-out
}

func (e *PendingError) Error() string {
	return fmt.Sprintf("%v: %s", e.Err, e.Reason)
}

// Unwrap returns the time-out.
func (e *PendingError) Unwrap() error { return e.Err }

// StartError says that the pod can't start, so that waiting is pointless.
type StartError struct {
	Reason  string // the kubelet's word, such as ErrImagePull
	Message string
	hint    string
}

func (e *StartError) Error() string {
	return fmt.Sprintf("start builder pod: %s: %s", e.Reason, e.Message)
}

// Hint names what mends it.
func (e *StartError) Hint() string { return e.hint }

// state is what a pod's status says about its start.
type state struct {
	running bool
	waiting string
	err     error
}

func diagnose(pod *corev1.Pod, container string) state {
	if end := termination(pod, container); end != nil {
		if end.Deleted != nil {
			return state{err: end.Deleted}
		}
		return state{err: end}
	}
	for _, c := range pod.Status.ContainerStatuses {
		if c.Name == container && c.State.Running != nil {
			return state{running: true}
		}
	}
	for _, c := range slices.Concat(pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses) {
		if c.State.Waiting == nil {
			continue
		}
		if hint, hopeless := hopeless(c.State.Waiting.Reason, c.Image, pod); hopeless {
			return state{err: &StartError{c.State.Waiting.Reason, oneLine(c.State.Waiting.Message), hint}}
		}
	}
	for _, cond := range pod.Status.Conditions {
		if cond.Type == corev1.PodScheduled && cond.Status == corev1.ConditionFalse {
			return state{waiting: cond.Reason + ": " + oneLine(cond.Message)}
		}
	}
	return state{}
}

// hopeless says whether a container waits for something that will not come by itself, and what mends it.
func hopeless(reason, image string, pod *corev1.Pod) (hint string, ok bool) {
	switch reason {
	case "ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName", "ErrInvalidImageName",
		"ImageInspectError", "RegistryUnavailable", "SignatureValidationFailed":
		return fmt.Sprintf("check that the nodes can pull %s; name another with --image, or credentials with --image-pull-secret", image), true
	case reasonNoContainer, "RunContainerError":
		return containerHint(pod), true
	case "CreateContainerConfigError":
		return "check the secrets and config maps that --pod-template names", true
	}
	return "", false
}

// reasonNoContainer is the kubelet's word for a container that the runtime does not make.
const reasonNoContainer = "CreateContainerError"

func containerHint(pod *corev1.Pod) string {
	if p := LocalhostProfile(pod); p != "" {
		return fmt.Sprintf("if %s is missing below seccomp/ in the kubelet's directory on the node, install it or use --profile unset", p)
	}
	return "kubectl describe pod shows the runtime's answer; keep the pod with --keep"
}

// LocalhostProfile is the file of the pod's seccomp profile, below the kubelet's directory for them; empty for none.
func LocalhostProfile(pod *corev1.Pod) string {
	if sc := pod.Spec.SecurityContext; sc != nil && sc.SeccompProfile != nil && sc.SeccompProfile.LocalhostProfile != nil {
		return *sc.SeccompProfile.LocalhostProfile
	}
	return ""
}

// lastReason keeps the newest reason and tells each one once.
type lastReason struct {
	mu   sync.Mutex
	text string
}

func (r *lastReason) set(text string, tell func(string)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if text != r.text {
		r.text = text
		tell(text)
	}
}

func (r *lastReason) get() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
