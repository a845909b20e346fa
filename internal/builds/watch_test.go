package builds

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes/fake"

	"github.com/kubectl-img/kubectl-img/exec"
	"github.com/kubectl-img/kubectl-img/internal/builder"
	"github.com/kubectl-img/kubectl-img/internal/cluster"
	"github.com/kubectl-img/kubectl-img/internal/progress"
	"github.com/kubectl-img/kubectl-img/podspec"
)

// pager is a reader that takes nothing until it is opened.
type pager struct {
	open chan struct{}
	text strings.Builder
}

func (p *pager) Write(b []byte) (int, error) {
	<-p.open
	return p.text.Write(b)
}

var errGone = errors.New("the container has ended")

// endingPod sends a log, and ends soon after. What it could not send by then is lost. The kubelet has "fake logs".
type endingPod struct {
	log    []string
	result bool // it sends the result, too
	gone   chan struct{}
}

func (e *endingPod) run(ctx context.Context, _ []string, st exec.Streams) error {
	go func() { _, _ = io.Copy(io.Discard, st.Stdin) }()
	go func() {
		size := 0
		for _, part := range e.log {
			select {
			case <-e.gone:
				return
			default:
			}
			_, _ = io.WriteString(st.Stdout, part)
			size += len(part)
		}
		if e.result {
			_, _ = fmt.Fprintf(st.Stderr, "result %d 1 {\"phase\":\"build\",\"code\":1,\"error\":\"x\"}\n", size)
		}
	}()
	select {
	case <-e.gone:
		return errGone
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// watch watches the log of a pod that ends after a moment; the reader begins to read later.
func (e *endingPod) watch(t *testing.T, ctx context.Context, deleted bool, out io.Writer) error {
	t.Helper()
	pod := builderPod(corev1.PodRunning, nil)
	pod.Status.ContainerStatuses = []corev1.ContainerStatus{{Name: podspec.Container, State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}}}
	client := fake.NewClientset(pod)
	e.gone = make(chan struct{})
	time.AfterFunc(200*time.Millisecond, func() {
		close(e.gone)
		pods := corev1.SchemeGroupVersion.WithResource("pods")
		if deleted {
			_ = client.Tracker().Delete(pods, pod.Namespace, pod.Name)
			return
		}
		ended := pod.DeepCopy()
		ended.Status.Phase = corev1.PodFailed
		ended.Status.ContainerStatuses[0].State = corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{Reason: "Error", ExitCode: 1}}
		_ = client.Tracker().Update(pods, ended, pod.Namespace)
	})
	c := &cluster.Connection{
		API: builder.NewAPIFor(client, func(error) {}), Log: progress.NewLogger(progress.Auto, false, io.Discard), Clock: &cluster.Clock{}, Exec: e.run,
	}
	return WatchLog(ctx, c, pod, out)
}

// A build can end while its log is in a pager that does not read. The log is whole, or there is an error.
func TestWatchLogToItsEnd(t *testing.T) {
	long := strings.Repeat("x", 3<<20)
	for name, c := range map[string]struct {
		pod     endingPod
		deleted bool
		want    string
		err     error
	}{
		"the pager stops":                            {endingPod{log: []string{"first\n", "last\n"}, result: true}, false, "first\nlast\n", nil},
		"the pager stops, and the pod is deleted":    {endingPod{log: []string{"first\n", "last\n"}, result: true}, true, "first\nlast\n", nil},
		"the connection loses the end":               {endingPod{log: []string{"fake"}}, false, "fake logs", nil},
		"the kubelet has another log":                {endingPod{log: []string{"other"}}, false, "other", errLogCut},
		"the kubelet has less":                       {endingPod{log: []string{"fake logs and more"}}, false, "fake logs and more", errLogCut},
		"too long for the memory, and it is deleted": {endingPod{log: []string{long, long}, result: true}, true, long, errLogCut},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := &pager{open: make(chan struct{})}
			time.AfterFunc(4*time.Second, func() { close(out.open) })
			pod := c.pod
			if err := pod.watch(t, t.Context(), c.deleted, out); !errors.Is(err, c.err) {
				t.Errorf("%v, want %v", err, c.err)
			}
			if got := out.text.String(); got != c.want {
				t.Errorf("shown %d bytes, %.50q", len(got), got)
			}
		})
	}
}

// Ctrl-C ends it although the pager does not read.
func TestWatchLogInterrupted(t *testing.T) {
	t.Parallel()
	out := &pager{open: make(chan struct{})}
	defer close(out.open)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	ended := make(chan error, 1)
	pod := endingPod{log: []string{"first\n"}}
	go func() { ended <- pod.watch(t, ctx, false, out) }()
	select {
	case err := <-ended:
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
	case <-time.After(15 * time.Second):
		t.Error("it goes on")
	}
}
