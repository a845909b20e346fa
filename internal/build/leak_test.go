package build_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"

	"github.com/kubectl-img/kubectl-img/exec"
	"github.com/kubectl-img/kubectl-img/internal/build"
	"github.com/kubectl-img/kubectl-img/internal/builder"
	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/internal/cluster"
	"github.com/kubectl-img/kubectl-img/internal/explain"
	"github.com/kubectl-img/kubectl-img/internal/panics"
	"github.com/kubectl-img/kubectl-img/internal/progress"
	"github.com/kubectl-img/kubectl-img/podspec"
)

// step is where a run is when it is harmed.
type step string

const (
	atCreate  step = "create"
	atStart   step = "start"
	atUpload  step = "upload"
	atFollow  step = "follow"
	atResult  step = "result"
	atPublish step = "publish"
	atDelete  step = "delete"
)

// harm is what happens there.
type harm string

const (
	fails    harm = "error"
	isCut    harm = "cancel"
	takesFor harm = "time-out"
	panicked harm = "panic in a callback"
)

// rig is a cluster, a supervisor and a terminal, one of which does harm to the run at one step.
type rig struct {
	step   step
	harm   harm
	cancel context.CancelCauseFunc
	client *fake.Clientset
}

// reached does the harm, if it is for this step; what fails there returns the error.
func (r *rig) reached(ctx context.Context, at step) error {
	if at != r.step {
		return nil
	}
	switch r.harm {
	case isCut:
		r.cancel(cli.Interrupted{Signal: syscall.SIGINT})
		<-ctx.Done()
		return context.Cause(ctx)
	case takesFor:
		<-ctx.Done()
		return context.Cause(ctx)
	case fails:
		return errHarm
	default:
		return nil
	}
}

var errHarm = errors.New("harm")

// terminal panics when it is shown what belongs to the harmed step.
type terminal struct {
	*rig
	mu   sync.Mutex
	text strings.Builder
	when string
}

func (w *terminal) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.text.Write(p)
	if w.when != "" && strings.Contains(string(p), w.when) {
		w.when = ""
		panic("harm")
	}
	return len(p), nil
}

// words is what a step shows, and so when its callback panics.
func words() map[step]string {
	return map[step]string{
		atCreate: "created builder pod", atStart: "waiting for the builder pod", atUpload: "sent the build context",
		atFollow: "a line of the log", atResult: "the last line", atPublish: "app@sha256:", atDelete: "deleted builder pod",
	}
}

// supervise is the far end of an exec.
func (r *rig) supervise(ctx context.Context, argv []string, s exec.Streams) error {
	switch argv[2] {
	case "receive":
		if err := r.reached(ctx, atUpload); err != nil {
			return &exec.StreamError{Err: err}
		}
		if _, err := io.Copy(io.Discard, s.Stdin); err != nil {
			return err
		}
		<-ctx.Done() // what the exec says of its end decides nothing
		return context.Cause(ctx)
	case "follow":
		return r.follow(ctx, s)
	default:
		return fmt.Errorf("unknown verb %s", argv[2])
	}
}

func (r *rig) follow(ctx context.Context, s exec.Streams) error {
	go io.Copy(io.Discard, s.Stdin) //nolint:errcheck // ends with the leash
	if err := r.reached(ctx, atFollow); err != nil {
		return &exec.StreamError{Err: err}
	}
	_, _ = fmt.Fprintf(s.Stderr, "ready\nreceiving 1\nreceiving 2\nreceiving 3\n")
	if r.step == atUpload && r.harm != panicked {
		<-ctx.Done()
		return context.Cause(ctx)
	}
	_, _ = fmt.Fprintf(s.Stderr, "uploaded\nphase build\n")
	<-time.After(time.Second)
	log := "a line of the log\nthe last line\n"
	_, _ = fmt.Fprint(s.Stdout, log)
	err := r.reached(ctx, atResult)
	switch {
	case err != nil && r.harm != fails:
		return &exec.StreamError{Err: err}
	case err != nil:
		_, _ = fmt.Fprintf(s.Stderr, "result %d 1 {\"phase\":\"build\",\"code\":1,\"error\":\"harm\"}\n", len(log))
	default:
		_, _ = fmt.Fprintf(s.Stderr, "result %d 0 {\"digest\":\"sha256:%s\"}\n", len(log), strings.Repeat("ab", 32))
	}
	<-ctx.Done()
	return context.Cause(ctx)
}

// cluster answers creates and deletes, and starts the pod.
func (r *rig) cluster() *fake.Clientset {
	client := fake.NewClientset()
	client.PrependReactor("create", "pods", func(a clienttesting.Action) (bool, runtime.Object, error) {
		pod := a.(clienttesting.CreateAction).GetObject().(*corev1.Pod)
		pod.UID = "uid"
		pod.Status = corev1.PodStatus{Phase: corev1.PodRunning, ContainerStatuses: []corev1.ContainerStatus{
			{Name: podspec.Container, State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}},
		}}
		switch {
		case r.step == atStart && r.harm == fails:
			pod.Status.ContainerStatuses[0].State = corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "ErrImagePull", Message: "harm"}}
		case r.step == atStart:
			pod.Status = corev1.PodStatus{Phase: corev1.PodPending, Conditions: []corev1.PodCondition{
				{Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: "Unschedulable", Message: "harm"},
			}}
		}
		if r.step == atStart && r.harm == isCut {
			time.AfterFunc(time.Second, func() { r.cancel(cli.Interrupted{Signal: syscall.SIGINT}) })
		}
		switch {
		case r.step != atCreate || r.harm == panicked:
			return false, nil, nil
		case r.harm == fails:
			return true, nil, apierrors.NewBadRequest(errHarm.Error())
		case r.harm == isCut:
			r.cancel(cli.Interrupted{Signal: syscall.SIGINT})
			// It is stored all the same.
			return true, nil, errors.Join(client.Tracker().Add(pod), context.Canceled)
		default:
			return true, nil, errors.Join(client.Tracker().Add(pod), context.DeadlineExceeded)
		}
	})
	client.PrependReactor("delete", "pods", func(clienttesting.Action) (bool, runtime.Object, error) {
		if r.step == atDelete && r.harm == fails {
			return true, nil, apierrors.NewForbidden(corev1.Resource("pods"), "b", errHarm)
		}
		return false, nil, nil
	})
	return client
}

// want is what a user must see of it.
func (r *rig) want() (code int, line string) {
	switch {
	case r.step == atDelete && r.harm != panicked:
		return cli.CodeOK, "" // the image is pushed; a warning says what is left
	case r.harm == panicked:
		return cli.CodeInternal, "internal error: harm"
	case r.harm == isCut:
		return cli.CodeInterrupted, "stopped by signal: interrupt"
	case r.step == atCreate && r.harm == takesFor:
		return cli.CodeOK, "" // the pod is found again
	case r.step == atUpload && r.harm == takesFor:
		return cli.CodeInternal, "not verified" // it has limits of its own
	case r.step == atFollow && r.harm == takesFor:
		return cli.CodeTemporary, "out of reach for 1m0s"
	case r.harm == takesFor:
		return cli.CodeTimeout, "timed out after"
	case r.step == atResult:
		return cli.CodeBuild, "build failed: the last line"
	case r.step == atUpload, r.step == atFollow:
		return cli.CodeTemporary, "harm"
	default:
		return cli.CodeInternal, "harm"
	}
}

// TestNoLeak does harm at each step of a run. One delete request must be sent for the pod, and the exit code and the one error line must be right. A goroutine
// that is left would keep the test's bubble from ending.
func TestNoLeak(t *testing.T) {
	for _, at := range []step{atCreate, atStart, atUpload, atFollow, atResult, atPublish, atDelete} {
		for _, what := range []harm{fails, isCut, takesFor, panicked} {
			if at == atPublish && (what == isCut || what == takesFor) || at == atDelete && what != fails && what != panicked {
				continue // nothing waits there
			}
			t.Run(string(at)+"/"+string(what), func(t *testing.T) {
				plan := planOf(t, "--name", "b", "--timeout", "10m", "--pod-timeout", "5m", "-v")
				synctest.Test(t, func(t *testing.T) { harmed(t, plan, &rig{step: at, harm: what}) })
			})
		}
	}
}

func harmed(t *testing.T, plan *build.Plan, r *rig) {
	ctx, cancel := context.WithCancelCause(t.Context())
	r.cancel = cancel
	defer cancel(nil)
	r.client = r.cluster()
	stderr, stdout := &terminal{rig: r}, &terminal{rig: r}
	if r.harm == panicked {
		stderr.when, stdout.when = words()[r.step], words()[r.step]
	}
	proc := cli.Process{
		Streams:   genericiooptions.IOStreams{In: strings.NewReader(""), Out: stdout, ErrOut: stderr},
		Undeleted: &cli.UndeletedPods{}, Host: func() cli.Host { return cli.Host{} },
	}
	if r.step == atPublish && r.harm == fails {
		proc.Streams.Out = failingWriter{}
	}
	log := progress.NewLogger(plan.Progress, plan.Verbose, stderr)
	c := &cluster.Connection{API: builder.NewAPIFor(r.client, func(error) {}), Log: log, Clock: &cluster.Clock{}, Exec: r.supervise}

	err := panics.Do(func() error { return build.Run(ctx, plan, proc, c) })
	code := cli.Report(explain.API(err), stderr)

	wantCode, wantLine := r.want()
	if code != wantCode {
		t.Errorf("exit code %d, want %d", code, wantCode)
	}
	var errorLines, deletes []string
	for line := range strings.Lines(stderr.text.String()) {
		if strings.HasPrefix(line, "error: ") {
			errorLines = append(errorLines, line)
		}
	}
	for _, a := range r.client.Actions() {
		if a.GetVerb() == "delete" {
			deletes = append(deletes, a.(clienttesting.DeleteAction).GetName())
		}
	}
	if wantLine == "" && len(errorLines) > 0 || wantLine != "" && (len(errorLines) != 1 || !strings.Contains(errorLines[0], wantLine)) {
		t.Errorf("error lines %q, want one with %q\n%s", errorLines, wantLine, stderr.text.String())
	}
	want := []string{"b"}
	if r.step == atCreate && r.harm == fails {
		want = nil // the API server has answered that it stored nothing
	}
	if diff := cmp.Diff(want, deletes); diff != "" {
		t.Errorf("deletes (-want +got):\n%s\n%s", diff, stderr.text.String())
	}
	var undeleted strings.Builder
	if proc.Undeleted.Warn(&undeleted); undeleted.Len() > 0 {
		t.Errorf("not recorded as deleted: %s", &undeleted)
	}
}

type failingWriter struct{}

func (failingWriter) Write([]byte) (int, error) { return 0, errHarm }
