package builder

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/podspec"
)

// Termination is the end of the builder container or of its pod.
type Termination struct {
	Code    int           // exit code of the container, or -1 if it has none
	Reason  string        // OOMKilled, Evicted, DeadlineExceeded, Completed, Error, …
	Message string        // the supervisor's result, if it wrote one
	Deleted *DeletedError // who deleted the pod, or nil
	limit   string        // of memory
	hint    string        // against a node that can't isolate the pod; empty for any other end
	engine  bool          // build steps run in containers of their own
}

// Reasons of the kubelet against which a flag helps: kubernetes/pkg/kubelet.
const (
	reasonOOM      = "OOMKilled"
	reasonEvicted  = "Evicted"
	reasonDeadline = "DeadlineExceeded"
)

// nodeReasons are those of the kubelet and of the node's controller for an end that is not about the pod.
func nodeReasons() []string {
	return []string{reasonEvicted, "NodeLost", "NodeShutdown", "Terminated", "Preempting", "UnexpectedAdmissionError"}
}

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

// HintEngineMemory says how to give more memory to an engine whose build steps run in containers of their own.
const HintEngineMemory = "give container builder more with resources in --pod-template; --limit and --request are for the containers of the build steps"

// Hint names the flag that gives the builder more of what it ran out of, or what helps against a node that can't isolate the pod.
func (t *Termination) Hint() string {
	switch t.Reason {
	case reasonOOM:
		if t.engine {
			return HintEngineMemory
		}
		return HintMemory
	case reasonEvicted:
		return "ask for what the build needs with --request ephemeral-storage=…,memory=…, and raise a limit with --limit"
	case reasonDeadline:
		return "allow the build more time with --timeout"
	}
	return t.hint
}

// ExitCode tells an end that the node brought about from one that would only happen again: a pod over a limit of its own is evicted, too.
func (t *Termination) ExitCode() int {
	switch {
	case t.Reason == reasonEvicted && !strings.HasPrefix(t.Message, "The node "):
		return cli.CodeInternal
	case slices.Contains(nodeReasons(), t.Reason), strings.HasPrefix(t.Reason, "OutOf"): // OutOfcpu and others: the scheduler knew less than the kubelet
		return cli.CodeTemporary
	}
	return cli.CodeInternal
}

// End reads from the pod's status how the builder container ended. It returns nil while the container may still run.
func End(pod *corev1.Pod, container string) *Termination {
	t := containerEnd(pod, container)
	if t == nil {
		return nil
	}
	if _, refused := refusing(t.Reason, t.Message); refused {
		t.hint = startHint(t.Reason, t.Message, pod)
	}
	if pod.DeletionTimestamp != nil {
		t.Deleted = deletionOf(pod)
	}
	return t
}

func containerEnd(pod *corev1.Pod, container string) *Termination {
	for _, c := range pod.Status.ContainerStatuses {
		end := c.State.Terminated
		if c.Name != container || end == nil {
			continue
		}
		t := &Termination{Code: int(end.ExitCode), Reason: oneLine(end.Reason), Message: end.Message, limit: MemoryLimit(pod, container), engine: len(podspec.Steps(pod)) > 0}
		if pod.Status.Reason != "" { // the pod's end, such as an eviction, is the cause of the container's
			t.Reason, t.Message = oneLine(pod.Status.Reason), pod.Status.Message
		}
		return t
	}
	if pod.Status.Phase == corev1.PodFailed || pod.Status.Phase == corev1.PodSucceeded {
		return &Termination{Code: -1, Reason: cmp.Or(oneLine(pod.Status.Reason), string(pod.Status.Phase)), Message: pod.Status.Message}
	}
	return nil
}

// MemoryLimit returns a container's memory limit, or "none".
func MemoryLimit(pod *corev1.Pod, container string) string {
	for _, c := range slices.Concat(pod.Spec.InitContainers, pod.Spec.Containers) {
		if limit := c.Resources.Limits.Memory(); c.Name == container && !limit.IsZero() {
			return limit.String()
		}
	}
	return "none"
}

// DeletedError says that another client or Kubernetes itself deleted the pod.
type DeletedError struct {
	reason  string // of Kubernetes, such as EvictionByEvictionAPI or DeletionByTaintManager; empty for another client
	message string
}

func (e *DeletedError) Error() string {
	if e.reason == "" {
		return "the builder pod was deleted by somebody else"
	}
	return fmt.Sprintf("the builder pod was deleted: %s: %s", e.reason, oneLine(e.message))
}

// Hint names the likely causes, or the flags that choose other nodes.
func (e *DeletedError) Hint() string {
	if e.reason == "" {
		return "kubectl img cancel, kubectl delete or a clean-up job did it; run the build again"
	}
	return "run the build again; --node-selector and --toleration choose other nodes"
}

// ExitCode tells Kubernetes, which needed the node for something else, from somebody who did not want the build.
func (e *DeletedError) ExitCode() int {
	if e.reason == "" {
		return cli.CodeInternal
	}
	return cli.CodeTemporary
}

// deletionOf reads from the pod's last status why it was deleted. The pod may be nil.
func deletionOf(pod *corev1.Pod) *DeletedError {
	e := &DeletedError{}
	if pod == nil {
		return e
	}
	for _, c := range pod.Status.Conditions {
		if c.Type == corev1.DisruptionTarget && c.Status == corev1.ConditionTrue {
			e.reason, e.message = oneLine(c.Reason), c.Message
		}
	}
	return e
}

// oneLine makes one line of a text that a pod, or whoever may write its status, has chosen. It must not control the user's terminal.
func oneLine(s string) string { return cli.OneLine(strings.Join(strings.Fields(s), " ")) }
