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
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"
	"k8s.io/utils/ptr"
)

func TestAwaitStart(t *testing.T) {
	t.Run("pod pending, then running", func(t *testing.T) {
		client := fake.NewClientset()
		pod := create(t, client)
		setStatus(t, client, unschedulable())
		var reasons []string
		reported := make(chan struct{})
		go func() {
			<-reported
			setStatus(t, client, running())
		}()
		err := pod.AwaitStart(t.Context(), func(reason string) {
			reasons = append(reasons, reason)
			close(reported)
		})
		if err != nil || len(reasons) != 1 || !strings.HasPrefix(reasons[0], "Unschedulable") {
			t.Errorf("%v, reasons %q", err, reasons)
		}
	})
	t.Run("time-out names the last reason", func(t *testing.T) {
		client := fake.NewClientset()
		pod := create(t, client)
		setStatus(t, client, unschedulable())
		timedOut := errors.New("timed out")
		ctx, cancel := context.WithTimeoutCause(t.Context(), 300*time.Millisecond, timedOut)
		defer cancel()
		err := pod.AwaitStart(ctx, func(string) {})
		var pending *PendingError
		if !errors.As(err, &pending) || !errors.Is(err, timedOut) || !strings.Contains(pending.Reason, "0/1 nodes") {
			t.Errorf("%v", err)
		}
	})
}

func TestAwaitStartEvents(t *testing.T) {
	t.Run("started event comes before the status", func(t *testing.T) {
		client := fake.NewClientset()
		pod := create(t, client)
		sendEvents(t, client,
			event("Warning", "FailedMount", "not\nyet", container), event("Normal", "Started", "", "sidecar"), event("Normal", "Started", "", container))
		var reasons []string
		err := pod.AwaitStart(t.Context(), func(reason string) { reasons = append(reasons, reason) })
		if err != nil || len(reasons) != 1 || reasons[0] != "FailedMount: not yet" {
			t.Errorf("%v, reasons %q", err, reasons)
		}
	})
	t.Run("no right to watch events", func(t *testing.T) {
		client := fake.NewClientset()
		pod := create(t, client)
		watches := 0
		client.PrependWatchReactor("events", func(clienttesting.Action) (bool, watch.Interface, error) {
			watches++
			return true, nil, apierrors.NewForbidden(schema.GroupResource{Resource: "events"}, "", errors.New("no"))
		})
		setStatus(t, client, running())
		if err := pod.AwaitStart(t.Context(), func(string) {}); err != nil || watches > 1 {
			t.Errorf("%v after %d watches", err, watches)
		}
	})
	for _, c := range []struct{ name, reason, message, want string }{
		{
			"node without user namespaces", "FailedCreatePodSandBox", "the runtime does not\nsupport user namespaces",
			"start builder pod: FailedCreatePodSandBox: the runtime does not support user namespaces",
		},
		{"node without the seccomp profile", "Failed", "Error: cannot load seccomp profile", "start builder pod: CreateContainerError: cannot load seccomp profile"},
	} {
		t.Run(c.name, func(t *testing.T) {
			client := fake.NewClientset()
			pod := create(t, client)
			sendEvents(t, client, event("Warning", "FailedCreatePodSandBox", "plugin type=bridge\nfailed", ""),
				event("Warning", "Failed", "Failed to pull image userns/x", container), event("Warning", c.reason, c.message, container))
			var reasons []string
			err := pod.AwaitStart(t.Context(), func(reason string) { reasons = append(reasons, reason) })
			var start *StartError
			if !errors.As(err, &start) || err.Error() != c.want || len(reasons) != 2 {
				t.Errorf("%v, reasons %q", err, reasons)
			}
		})
	}
}

// TestAwaitStartRepeatedFailure has events that come again and again. A failure that only somebody else can mend ends the wait after two minutes of the
// kubelet's clock, and no other one does.
func TestAwaitStartRepeatedFailure(t *testing.T) {
	const sandbox, noAddress = "FailedCreatePodSandBox", "failed to setup network for sandbox"
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	at := func(seconds int, reason, message string) *corev1.Event {
		e := event("Warning", reason, message, "")
		e.Source.Host = "n1"
		e.FirstTimestamp, e.LastTimestamp = metav1.NewTime(start), metav1.NewTime(start.Add(time.Duration(seconds)*time.Second))
		return e
	}
	later := func(seconds int, e *corev1.Event) *corev1.Event {
		e.FirstTimestamp = metav1.NewTime(start.Add(time.Duration(seconds) * time.Second))
		return e
	}
	for name, c := range map[string]struct {
		events     []*corev1.Event
		want, hint string // empty if the pod is waited for
	}{
		"a sandbox, always with another name": {
			[]*corev1.Event{at(0, sandbox, noAddress+" 1"), later(60, at(60, sandbox, noAddress+" 2")), later(121, at(121, sandbox, noAddress+" 3"))},
			"start builder pod: FailedCreatePodSandBox for 2m1s: failed to setup network for sandbox 3", "kubectl describe node n1",
		},
		"a sandbox, for a minute": {[]*corev1.Event{at(0, sandbox, noAddress), at(60, sandbox, noAddress)}, "", ""},
		"a cgroup": {
			[]*corev1.Event{at(130, "FailedCreatePodContainer", "unable to ensure pod container exists")},
			"start builder pod: FailedCreatePodContainer for 2m10s: unable to ensure pod container exists", "--node-selector",
		},
		"a secret that does not exist": {
			[]*corev1.Event{at(128, "FailedMount", `MountVolume.SetUp failed for volume "s" : secret "absent" not found`)},
			`start builder pod: FailedMount for 2m8s: MountVolume.SetUp failed for volume "s" : secret "absent" not found`, "--pod-template",
		},
		"a key that does not exist": {
			[]*corev1.Event{at(128, "FailedMount", `MountVolume.SetUp failed for volume "s" : references non-existent secret key: k`)},
			`start builder pod: FailedMount for 2m8s: MountVolume.SetUp failed for volume "s" : references non-existent secret key: k`, "--pod-template",
		},
		"a slow volume":              {[]*corev1.Event{at(400, "FailedMount", "timed out waiting for the condition"), at(400, "FailedAttachVolume", "Multi-Attach error")}, "", ""},
		"a node that is found later": {[]*corev1.Event{at(400, "FailedScheduling", "0/1 nodes are available")}, "", ""},
		"a sandbox in between": {
			[]*corev1.Event{at(60, sandbox, noAddress), event("Normal", "Pulling", "", container), later(500, at(500, sandbox, noAddress))}, "", "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			client := fake.NewClientset()
			pod := create(t, client)
			// The last event starts the container, unless the wait has ended before.
			sendEvents(t, client, append(c.events, event("Normal", "Started", "", container))...)
			err := pod.AwaitStart(t.Context(), func(string) {})
			var failed *StartError
			switch {
			case c.want == "" && err != nil:
				t.Error(err)
			case c.want != "" && (!errors.As(err, &failed) || err.Error() != c.want || !strings.Contains(failed.Hint(), c.hint)):
				t.Errorf("%v, want %q, and %q in the hint", err, c.want, c.hint)
			}
		})
	}
}

func TestAwaitStartAdopted(t *testing.T) {
	client := fake.NewClientset()
	create(t, client)
	stored := builderPod()
	stored.Spec.SecurityContext = &corev1.PodSecurityContext{SeccompProfile: &corev1.SeccompProfile{LocalhostProfile: ptr.To("img.json")}}
	sendEvents(t, client, event("Warning", "Failed", "Error: cannot load seccomp profile", container))
	err := Adopt(newAPI(client), stored, container).AwaitStart(t.Context(), func(string) {})
	var start *StartError
	if !errors.As(err, &start) || !strings.Contains(start.Hint(), "img.json") {
		t.Errorf("%v, want a *StartError that names img.json", err)
	}
}

func TestAwaitEnd(t *testing.T) {
	client := fake.NewClientset()
	pod := create(t, client)
	t.Run("container completed", func(t *testing.T) {
		setStatus(t, client, terminated(corev1.ContainerStateTerminated{Reason: "Completed", Message: `{"digest":"sha256:1"}`}))
		end, err := pod.AwaitEnd(t.Context(), func(node string, lost bool) { t.Errorf("node %q is lost: %v", node, lost) })
		if err != nil || end.Message != `{"digest":"sha256:1"}` || end.Code != 0 {
			t.Errorf("%+v, %v", end, err)
		}
	})
	t.Run("pod deleted", func(t *testing.T) {
		if err := pod.Delete(t.Context()); err != nil {
			t.Fatal(err)
		}
		var deleted *DeletedError
		if _, err := pod.AwaitEnd(t.Context(), func(node string, lost bool) { t.Errorf("node %q is lost: %v", node, lost) }); !errors.As(err, &deleted) {
			t.Errorf("%v, want a *DeletedError", err)
		}
	})
}

// TestAwaitEndWithoutNode has a node that is lost, comes back, and is lost again. A pod of the user's own template can have containers that are not
// ready, and conditions of its own.
func TestAwaitEndWithoutNode(t *testing.T) {
	client := fake.NewClientset()
	pod := create(t, client)
	set := func(ready, containersReady corev1.ConditionStatus) {
		status := running()
		status.Spec.NodeName = "n1"
		status.Status.Conditions = []corev1.PodCondition{{Type: corev1.ContainersReady, Status: containersReady}, {Type: corev1.PodReady, Status: ready}}
		setStatus(t, client, status)
	}
	set(corev1.ConditionTrue, corev1.ConditionTrue)
	calls := make(chan string, 10)
	called := func(want string) {
		select {
		case got := <-calls:
			if got != want {
				t.Errorf("called with %s, want %s", got, want)
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("not called with %s", want)
		}
	}
	ended := make(chan error, 1)
	go func() {
		_, err := pod.AwaitEnd(t.Context(), func(node string, lost bool) { calls <- fmt.Sprintf("%s %v", node, lost) })
		ended <- err
	}()
	for range 2 {
		set(corev1.ConditionFalse, corev1.ConditionTrue)
		called("n1 true")
		set(corev1.ConditionTrue, corev1.ConditionTrue)
		called("n1 false")
		set(corev1.ConditionFalse, corev1.ConditionFalse)
	}
	setStatus(t, client, terminated(corev1.ContainerStateTerminated{Reason: "Completed"}))
	if err := <-ended; err != nil || len(calls) > 0 {
		t.Errorf("%v, %d more calls", err, len(calls))
	}
}

func event(kind, reason, message, container string) *corev1.Event {
	return &corev1.Event{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "img-1.", Name: "img-1." + reason}, Type: kind, Reason: reason, Message: message,
		InvolvedObject: corev1.ObjectReference{Kind: "Pod", Name: "img-1", UID: "uid", FieldPath: "spec.containers{" + container + "}"},
	}
}

// sendEvents creates the events as soon as somebody watches for them.
func sendEvents(t *testing.T, client *fake.Clientset, events ...*corev1.Event) {
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
