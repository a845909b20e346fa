package builder

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"
	"k8s.io/utils/ptr"

	"github.com/kubectl-img/kubectl-img/internal/podsecurity"
)

const container = "builder"

func builderPod() *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "img-1", UID: "uid"},
		Spec: corev1.PodSpec{
			HostUsers: ptr.To(false),
			Containers: []corev1.Container{{
				Name:            container,
				SecurityContext: &corev1.SecurityContext{ProcMount: ptr.To(corev1.UnmaskedProcMount)},
			}},
		},
	}
}

func withStatus(status corev1.ContainerStatus) *corev1.Pod {
	pod := builderPod()
	status.Name = container
	pod.Status.ContainerStatuses = []corev1.ContainerStatus{status}
	return pod
}

func waiting(reason, message string) *corev1.Pod {
	return withStatus(corev1.ContainerStatus{
		Image: "reg/builder:1",
		State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason, Message: message}},
	})
}

func terminated(end corev1.ContainerStateTerminated) *corev1.Pod {
	return withStatus(corev1.ContainerStatus{State: corev1.ContainerState{Terminated: &end}})
}

func unschedulable() *corev1.Pod {
	pod := builderPod()
	pod.Status.Conditions = []corev1.PodCondition{{
		Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: "Unschedulable", Message: "0/1 nodes\nare available",
	}}
	return pod
}

func evicted() *corev1.Pod {
	pod := builderPod()
	pod.Status.Phase, pod.Status.Reason, pod.Status.Message = corev1.PodFailed, "Evicted", "The node was low on ephemeral-storage"
	return pod
}

// deletedEarly is how the kubelet fails a pod that is deleted before its container began.
func deletedEarly() *corev1.Pod {
	pod := terminated(corev1.ContainerStateTerminated{Reason: "ContainerStatusUnknown", ExitCode: 137})
	pod.DeletionTimestamp = ptr.To(metav1.Now())
	return pod
}

func TestDiagnose(t *testing.T) {
	running := withStatus(corev1.ContainerStatus{State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}})
	oom := terminated(corev1.ContainerStateTerminated{Reason: "OOMKilled", ExitCode: 137})
	for name, c := range map[string]struct {
		pod          *corev1.Pod
		running      bool
		waiting      string
		err, hintHas string
	}{
		"nothing known":  {pod: builderPod()},
		"being created":  {pod: waiting("ContainerCreating", "")},
		"running":        {pod: running, running: true},
		"unschedulable":  {pod: unschedulable(), waiting: "Unschedulable: 0/1 nodes are available"},
		"image":          {pod: waiting("ErrImagePull", "not\nfound"), err: "start builder pod: ErrImagePull: not found", hintHas: "--image"},
		"back-off":       {pod: waiting("ImagePullBackOff", "x"), err: "ImagePullBackOff", hintHas: "reg/builder:1"},
		"bad image name": {pod: waiting("InvalidImageName", "x"), err: "InvalidImageName", hintHas: "--image"},
		"container":      {pod: waiting("CreateContainerError", "x"), err: "CreateContainerError", hintHas: "--keep"},
		"secret":         {pod: waiting("CreateContainerConfigError", "x"), err: "CreateContainerConfigError", hintHas: "--pod-template"},
		"out of memory":  {pod: oom, err: "out of memory (OOMKilled, limit none)", hintHas: "--limit memory"},
		"evicted":        {pod: evicted(), err: "(Evicted): The node was low on ephemeral-storage", hintHas: "--request ephemeral-storage"},
		"deleted early":  {pod: deletedEarly(), err: "deleted by somebody else", hintHas: "kubectl img cancel"},
		"ended":          {pod: terminated(corev1.ContainerStateTerminated{Reason: "Error", ExitCode: 3}), err: "Error (exit code 3)"},
	} {
		t.Run(name, func(t *testing.T) {
			got := diagnose(c.pod, container)
			if got.running != c.running || got.waiting != c.waiting {
				t.Errorf("running %v, waiting %q", got.running, got.waiting)
			}
			if (got.err == nil) != (c.err == "") || c.err != "" && !strings.Contains(got.err.Error(), c.err) {
				t.Fatalf("error %v, want %q", got.err, c.err)
			}
			if h, ok := got.err.(interface{ Hint() string }); ok && !strings.Contains(h.Hint(), c.hintHas) {
				t.Errorf("hint %q, want %q in it", h.Hint(), c.hintHas)
			}
		})
	}
}

func TestMissingProfileIsNamed(t *testing.T) {
	pod := waiting("CreateContainerError", "cannot load seccomp profile")
	pod.Spec.SecurityContext = &corev1.PodSecurityContext{SeccompProfile: &corev1.SeccompProfile{LocalhostProfile: ptr.To("img.json")}}
	var start *StartError
	if err := diagnose(pod, container).err; !errors.As(err, &start) || !strings.Contains(start.Hint(), "img.json") {
		t.Errorf("%v: hint does not name the profile", err)
	}
}

// An API server with a feature gate off stores the pod without the field and says nothing.
func TestCreateNoticesDroppedIsolation(t *testing.T) {
	for field, drop := range map[string]func(*corev1.Pod){
		"hostUsers": func(p *corev1.Pod) { p.Spec.HostUsers = nil },
		"procMount": func(p *corev1.Pod) { p.Spec.Containers[0].SecurityContext.ProcMount = nil },
	} {
		client := fake.NewClientset()
		client.PrependReactor("create", "pods", func(a clienttesting.Action) (bool, runtime.Object, error) {
			stored := a.(clienttesting.CreateAction).GetObject().(*corev1.Pod).DeepCopy()
			drop(stored)
			return true, stored, nil
		})
		pod, err := Create(t.Context(), api(client), builderPod(), container)
		var weak *podsecurity.WeakenedError
		if !errors.As(err, &weak) || !strings.Contains(weak.Field, field) || pod == nil {
			t.Errorf("%s dropped: %v, pod %v", field, err, pod)
		}
	}
}

func TestCreateReturnsThePodItMayHaveLeft(t *testing.T) {
	gone := errors.New("connection reset")
	taken := apierrors.NewAlreadyExists(schema.GroupResource{Resource: "pods"}, "img-1")
	for _, c := range []struct {
		err  error
		left bool
	}{{gone, true}, {taken, false}} {
		client := fake.NewClientset()
		client.PrependReactor("create", "pods", func(clienttesting.Action) (bool, runtime.Object, error) { return true, nil, c.err })
		pod, err := Create(t.Context(), api(client), builderPod(), container)
		if !errors.Is(err, c.err) || (pod != nil) != c.left {
			t.Errorf("%v: pod %v, error %v", c.err, pod, err)
		}
	}
}

func TestDeleteIsSentAfterCancelAndTriedAgain(t *testing.T) {
	client := fake.NewClientset()
	calls := 0
	client.PrependReactor("delete", "pods", func(clienttesting.Action) (bool, runtime.Object, error) {
		if calls++; calls < 3 {
			return true, nil, apierrors.NewServiceUnavailable("restarting")
		}
		return true, nil, nil
	})
	pod, err := Create(t.Context(), api(client), builderPod(), container)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := pod.Delete(ctx); err != nil || calls != 3 {
		t.Errorf("%v after %d calls", err, calls)
	}
}

func TestDeleteOfAPodThatIsGoneIsFine(t *testing.T) {
	client := fake.NewClientset()
	pod, err := Create(t.Context(), api(client), builderPod(), container)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := pod.Delete(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

func TestAwait(t *testing.T) {
	client := fake.NewClientset()
	pod, err := Create(t.Context(), api(client), builderPod(), container)
	if err != nil {
		t.Fatal(err)
	}
	update := func(p *corev1.Pod) {
		if _, err := client.CoreV1().Pods("ns").UpdateStatus(t.Context(), p, metav1.UpdateOptions{}); err != nil {
			t.Error(err)
		}
	}
	update(unschedulable())
	var reasons []string
	told := make(chan struct{})
	go func() {
		<-told
		update(withStatus(corev1.ContainerStatus{State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}}))
	}()
	err = pod.Await(t.Context(), func(reason string) {
		reasons = append(reasons, reason)
		close(told)
	})
	if err != nil || len(reasons) != 1 || !strings.HasPrefix(reasons[0], "Unschedulable") {
		t.Errorf("%v, reasons %q", err, reasons)
	}
}

func TestAwaitEndsWithTheLastReason(t *testing.T) {
	client := fake.NewClientset()
	pod, err := Create(t.Context(), api(client), builderPod(), container)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.CoreV1().Pods("ns").UpdateStatus(t.Context(), unschedulable(), metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	timedOut := errors.New("timed out")
	ctx, cancel := context.WithTimeoutCause(t.Context(), 300*time.Millisecond, timedOut)
	defer cancel()
	err = pod.Await(ctx, func(string) {})
	var pending *PendingError
	if !errors.As(err, &pending) || !errors.Is(err, timedOut) || !strings.Contains(pending.Reason, "0/1 nodes") {
		t.Errorf("%v", err)
	}
}

func TestEnded(t *testing.T) {
	client := fake.NewClientset()
	pod, err := Create(t.Context(), api(client), builderPod(), container)
	if err != nil {
		t.Fatal(err)
	}
	done := terminated(corev1.ContainerStateTerminated{Reason: "Completed", Message: `{"digest":"sha256:1"}`})
	if _, err := client.CoreV1().Pods("ns").UpdateStatus(t.Context(), done, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	end, err := pod.Ended(t.Context())
	if err != nil || end.Message != `{"digest":"sha256:1"}` || end.Code != 0 {
		t.Errorf("%+v, %v", end, err)
	}
	if err := pod.Delete(t.Context()); err != nil {
		t.Fatal(err)
	}
	var deleted *DeletedError
	if _, err := pod.Ended(t.Context()); !errors.As(err, &deleted) {
		t.Errorf("%v, want a *DeletedError", err)
	}
}

func event(kind, reason, message, container string) *corev1.Event {
	return &corev1.Event{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "img-1.", Name: "img-1." + reason}, Type: kind, Reason: reason, Message: message,
		InvolvedObject: corev1.ObjectReference{Kind: "Pod", Name: "img-1", UID: "uid", FieldPath: "spec.containers{" + container + "}"},
	}
}

// watched makes events once somebody watches for them.
func watched(t *testing.T, client *fake.Clientset, events ...*corev1.Event) {
	watching := make(chan struct{}, 1)
	client.PrependWatchReactor("events", func(a clienttesting.Action) (bool, watch.Interface, error) {
		w, err := client.Tracker().Watch(a.GetResource(), a.GetNamespace())
		watching <- struct{}{}
		return true, w, err
	})
	go func() {
		<-watching
		for i, e := range events {
			e.Name += fmt.Sprint(i)
			if _, err := client.CoreV1().Events("ns").Create(context.Background(), e, metav1.CreateOptions{}); err != nil {
				t.Error(err)
			}
		}
	}()
}

// The status says only later that the container runs.
func TestAwaitBelievesTheKubeletsEvent(t *testing.T) {
	client := fake.NewClientset()
	pod, err := Create(t.Context(), api(client), builderPod(), container)
	if err != nil {
		t.Fatal(err)
	}
	watched(t, client,
		event("Warning", "FailedMount", "not\nyet", container), event("Normal", "Started", "", "sidecar"), event("Normal", "Started", "", container))
	var reasons []string
	err = pod.Await(t.Context(), func(reason string) { reasons = append(reasons, reason) })
	if err != nil || len(reasons) != 1 || reasons[0] != "FailedMount: not yet" {
		t.Errorf("%v, reasons %q", err, reasons)
	}
}

func TestAwaitWithoutTheRightToEvents(t *testing.T) {
	client := fake.NewClientset()
	pod, err := Create(t.Context(), api(client), builderPod(), container)
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	client.PrependWatchReactor("events", func(clienttesting.Action) (bool, watch.Interface, error) {
		asked++
		return true, nil, apierrors.NewForbidden(schema.GroupResource{Resource: "events"}, "", errors.New("no"))
	})
	running := withStatus(corev1.ContainerStatus{State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}})
	if _, err := client.CoreV1().Pods("ns").UpdateStatus(t.Context(), running, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := pod.Await(t.Context(), func(string) {}); err != nil || asked > 1 {
		t.Errorf("%v after %d questions", err, asked)
	}
}
