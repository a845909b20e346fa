package builder

import (
	"errors"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/utils/ptr"

	"github.com/kubectl-img/kubectl-img/podspec"
)

// stockPod has a container for build steps in this state, and the builder in another.
func stockPod(t *testing.T, step corev1.ContainerStatus, builder corev1.ContainerState) *corev1.Pod {
	t.Helper()
	pod, err := podspec.Pod(podspec.Options{
		Namespace: "ns", Name: "img-1", Profile: podspec.Stock, StepCommands: [][]string{{"img", "slot", "a"}},
		Limits: corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("64Mi")},
	})
	if err != nil {
		t.Fatal(err)
	}
	step.Name = podspec.Step
	pod.Status.InitContainerStatuses = []corev1.ContainerStatus{{Name: "mesh", LastTerminationState: ended("Error", 1, "of another container")}, step}
	pod.Status.ContainerStatuses = []corev1.ContainerStatus{{Name: podspec.Container, State: builder}}
	return pod
}

func ended(reason string, code int32, message string) corev1.ContainerState {
	return corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{Reason: reason, ExitCode: code, Message: message}}
}

func TestStepEnd(t *testing.T) {
	alive := corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}
	for name, c := range map[string]struct {
		step    corev1.ContainerStatus
		builder corev1.ContainerState
		deleted bool
		want    string // empty if nothing has ended
		hint    string
	}{
		"running":                  {step: corev1.ContainerStatus{State: alive}, builder: alive},
		"out of memory":            {step: corev1.ContainerStatus{State: ended("OOMKilled", 137, "")}, builder: alive, want: "ran out of memory (OOMKilled, limit 64Mi)", hint: "--limit memory"},
		"started again":            {step: corev1.ContainerStatus{State: alive, LastTerminationState: ended("Error", 137, "")}, builder: alive, want: "ended (Error, exit code 137)", hint: "kubectl get events"},
		"words that span lines":    {step: corev1.ContainerStatus{State: ended("Error", 1, "a\nb\x1b[1m")}, builder: alive, want: "(Error, exit code 1): a b", hint: "run the build again"},
		"the end of the pod":       {step: corev1.ContainerStatus{State: ended("Completed", 0, "")}, builder: ended("Completed", 0, "")},
		"a pod that is deleted":    {step: corev1.ContainerStatus{State: ended("Error", 137, "")}, builder: alive, deleted: true},
		"before the end of a pod":  {step: corev1.ContainerStatus{State: ended("Completed", 0, ""), LastTerminationState: ended("OOMKilled", 137, "")}, builder: ended("Error", 1, ""), want: "OOMKilled", hint: "--limit"},
		"waiting to start, as new": {step: corev1.ContainerStatus{State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{}}}},
	} {
		t.Run(name, func(t *testing.T) {
			pod := stockPod(t, c.step, c.builder)
			if c.deleted {
				pod.DeletionTimestamp = ptr.To(metav1.Now())
			}
			end := FindStepEnd(t.Context(), newAPI(fake.NewClientset(pod)), "ns", "img-1", 0)
			if c.want == "" {
				if end != nil {
					t.Error(end)
				}
				return
			}
			if end == nil || !strings.Contains(end.Error(), c.want) || !strings.Contains(end.Hint(), c.hint) {
				t.Fatalf("%v, want %q", end, c.want)
			}
			if strings.ContainsAny(end.Error(), "\n\x1b") {
				t.Errorf("%q controls the terminal", end)
			}
		})
	}
}

// TestStepEndsAtOnce has a builder image that knows no containers for build steps. --profile auto tries another profile then, but not for want of memory.
func TestStepEndsAtOnce(t *testing.T) {
	var start *StartError
	state := diagnose(stockPod(t, corev1.ContainerStatus{State: ended("Error", 1, `unknown command "slot"`)}, corev1.ContainerState{}), podspec.Container)
	refusal, isolation := IsolationFailure(state.err)
	if !errors.As(state.err, &start) || !strings.Contains(start.Error(), `unknown command "slot"`) || !strings.Contains(start.Hint(), "image of this release") {
		t.Errorf("%v", state.err)
	}
	if !isolation || refusal.Control != podspec.StepContainers {
		t.Errorf("isolation %v, control %q", isolation, refusal.Control)
	}
	state = diagnose(stockPod(t, corev1.ContainerStatus{LastTerminationState: ended("OOMKilled", 137, "")}, corev1.ContainerState{}), podspec.Container)
	if _, isolation := IsolationFailure(state.err); isolation || state.err == nil || !strings.Contains(state.err.Error(), "limit 64Mi") {
		t.Errorf("%v, isolation %v", state.err, isolation)
	}
	if ended := (&Termination{Reason: "OOMKilled", engine: true}); ended.Hint() != HintEngineMemory {
		t.Errorf("hint %q", ended.Hint())
	}
}
