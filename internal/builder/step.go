package builder

import (
	"context"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-img/kubectl-img/podspec"
)

const hintOlderImage = "use the builder image of this release, or another profile: an older image can't run build steps in a container of their own"

// StepEnd is the end of a container for build steps while its pod went on.
type StepEnd struct {
	container string
	code      int
	reason    string // OOMKilled, Error, …
	message   string
	limit     string // of memory
}

// OutOfMemory reports whether the container used more memory than its limit.
func (e *StepEnd) OutOfMemory() bool { return e.reason == reasonOOM }

func (e *StepEnd) Error() string {
	if e.OutOfMemory() {
		return fmt.Sprintf("the container of the build steps ran out of memory (OOMKilled, limit %s)", e.limit)
	}
	text := fmt.Sprintf("the container of the build steps ended (%s, exit code %d)", e.reason, e.code)
	if e.message != "" {
		text += ": " + e.message
	}
	return text
}

// Hint names the flag that gives build steps more memory.
func (e *StepEnd) Hint() string {
	if e.OutOfMemory() {
		return HintMemory
	}
	return "run the build again; kubectl get events says who ended the container, if it was not a build step"
}

// stepEnd reads from the pod's status whether a container for build steps has ended while the builder ran, or before. The kubelet starts the container again,
// but not what ran in it. The end of the whole pod ends these containers, too, which means nothing.
func stepEnd(pod *corev1.Pod) *StepEnd {
	steps := podspec.Steps(pod)
	over := slices.ContainsFunc(pod.Status.ContainerStatuses, func(c corev1.ContainerStatus) bool { return c.Name == podspec.Container && c.State.Terminated != nil })
	for _, c := range pod.Status.InitContainerStatuses {
		end := c.LastTerminationState.Terminated
		if end == nil && !over && pod.DeletionTimestamp == nil {
			end = c.State.Terminated
		}
		if end != nil && slices.Contains(steps, c.Name) {
			return &StepEnd{c.Name, int(end.ExitCode), oneLine(end.Reason), oneLine(end.Message), MemoryLimit(pod, c.Name)}
		}
	}
	return nil
}

// stepPause is the time between two looks at a pod's status.
const stepPause = 200 * time.Millisecond

// FindStepEnd asks for the pod until its status has the end of a container for build steps, but not for longer than limit after the first answer. It returns
// nil if there is no such end.
func FindStepEnd(ctx context.Context, api *API, namespace, name string, limit time.Duration) *StepEnd {
	for until := time.Now().Add(limit); ; {
		pod, err := api.Get(ctx, namespace, name)
		if err == nil {
			if end := stepEnd(pod); end != nil {
				return end
			}
		}
		if time.Now().After(until) {
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(stepPause):
		}
	}
}
