package build_test

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/client-go/kubernetes/fake"

	"github.com/kubectl-img/kubectl-img/exec"
	"github.com/kubectl-img/kubectl-img/internal/build"
	"github.com/kubectl-img/kubectl-img/internal/builder"
	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/internal/cluster"
	"github.com/kubectl-img/kubectl-img/internal/explain"
	"github.com/kubectl-img/kubectl-img/internal/progress"
)

// unconfirmed is a pod that takes the upload, and then ends before it has confirmed that the client can leave.
type unconfirmed struct {
	*rig
	event       string                          // sent after the upload, if not empty
	termination corev1.ContainerStateTerminated // of the container, if it has a reason
}

func (u *unconfirmed) supervise(ctx context.Context, argv []string, s exec.Streams) error {
	if argv[2] != "follow" {
		return u.rig.supervise(ctx, argv, s)
	}
	go io.Copy(io.Discard, s.Stdin) //nolint:errcheck // ends with the leash
	_, _ = fmt.Fprintf(s.Stderr, "ready\nreceiving 1\nuploaded\nphase build\n%s", u.event)
	if u.termination.Reason == "" {
		<-ctx.Done()
		return context.Cause(ctx)
	}
	<-time.After(time.Second)
	pods := u.client.Tracker()
	stored, err := pods.Get(corev1.SchemeGroupVersion.WithResource("pods"), podNamespace, "b")
	if err == nil {
		pod := stored.(*corev1.Pod).DeepCopy()
		pod.Status.ContainerStatuses[0].State = corev1.ContainerState{Terminated: &u.termination}
		err = pods.Update(corev1.SchemeGroupVersion.WithResource("pods"), pod, podNamespace)
	}
	return &exec.StreamError{Err: fmt.Errorf("the container has ended (%w)", err)}
}

const podNamespace = "default"

// A build whose end is there before the pod confirms that it needs no client does not wait for the confirmation.
func TestDetachFromAPodThatEnds(t *testing.T) {
	success := fmt.Sprintf(`{"digest":"sha256:%s"}`, strings.Repeat("ab", 32))
	failure := `{"phase":"build","code":1,"error":"a step failed"}`
	for name, c := range map[string]struct {
		pod    unconfirmed
		code   int
		stdout string
		kept   bool
	}{
		"killed":                  {unconfirmed{termination: corev1.ContainerStateTerminated{Reason: "Error", ExitCode: 137}}, cli.CodeInternal, "", false},
		"ended after a failure":   {unconfirmed{termination: corev1.ContainerStateTerminated{Reason: "Error", ExitCode: 1, Message: failure}}, cli.CodeBuild, "", false},
		"ended after the build":   {unconfirmed{termination: corev1.ContainerStateTerminated{Reason: "Completed", Message: success}}, cli.CodeOK, "b\n", true},
		"a failure is reported":   {unconfirmed{event: "result 0 1 " + failure + "\n"}, cli.CodeBuild, "", false},
		"the build was that fast": {unconfirmed{event: "result 0 0 " + success + "\n"}, cli.CodeOK, "b\n", true},
	} {
		t.Run(name, func(t *testing.T) {
			plan := planOf(t, "--name", "b", "-n", podNamespace, "--detach", "--timeout", "10m", "--pod-timeout", "5m")
			synctest.Test(t, func(t *testing.T) {
				u := c.pod
				u.rig = &rig{}
				u.client = u.cluster()
				code, stdout, stderr, took := u.run(t, plan)
				if code != c.code || stdout != c.stdout || took > time.Minute {
					t.Errorf("exit code %d and %q after %s, want %d and %q\n%s", code, stdout, took, c.code, c.stdout, stderr)
				}
				if kept := podCount(t, u.client) > 0; kept != c.kept {
					t.Errorf("the pod is there: %v, want %v", kept, c.kept)
				}
			})
		})
	}
}

func (u *unconfirmed) run(t *testing.T, plan *build.Plan) (code int, stdout, stderr string, took time.Duration) {
	t.Helper()
	var out, errOut strings.Builder
	proc := cli.Process{
		Streams:   genericiooptions.IOStreams{In: strings.NewReader(""), Out: &out, ErrOut: &errOut},
		Undeleted: &cli.UndeletedPods{}, Host: func() cli.Host { return cli.Host{} },
	}
	log := progress.NewLogger(plan.Progress, plan.Verbose, &errOut)
	c := &cluster.Connection{API: builder.NewAPIFor(u.client, func(error) {}), Log: log, Clock: &cluster.Clock{}, Exec: u.supervise}
	start := time.Now()
	code = cli.Report(explain.API(build.Run(t.Context(), plan, proc, c)), &errOut)
	return code, out.String(), errOut.String(), time.Since(start)
}

func podCount(t *testing.T, client *fake.Clientset) int {
	t.Helper()
	list, err := client.Tracker().List(corev1.SchemeGroupVersion.WithResource("pods"), corev1.SchemeGroupVersion.WithKind("Pod"), podNamespace)
	if err != nil {
		t.Fatal(err)
	}
	pods, ok := list.(*corev1.PodList)
	if !ok {
		t.Fatalf("%T", list)
	}
	return len(pods.Items)
}
