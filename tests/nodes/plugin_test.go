package nodes_test

import (
	"bytes"
	"context"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-img/kubectl-img/tests/cluster/clustertest"
	"github.com/kubectl-img/kubectl-img/tests/cluster/fixture"
	"github.com/kubectl-img/kubectl-img/tests/cluster/program"
)

// limit is how long a build may take on an emulated processor.
const limit = 20 * time.Minute

// apparmor makes builders run under our AppArmor profile.
var apparmor = []string{"--apparmor-profile", "kubectl-img"}

// dockerfile is one of a busybox with more lines.
func dockerfile(lines ...string) string {
	return "FROM " + shared.Registry + "/busybox:1\n" + strings.Join(lines, "\n") + "\n"
}

func repository(ns string) string { return shared.Registry + "/nodes/" + ns }

// build is a running build of the plugin.
type build struct {
	cmd    *exec.Cmd
	stderr program.Buffer
	stdout program.Buffer
	ended  chan struct{}
}

// start starts a build on the machine.
func start(t *testing.T, ns, profile, text string, args ...string) *build {
	t.Helper()
	return startAnywhere(t, ns, profile, text, append(onMachine(t), args...)...)
}

// onMachine are arguments that choose the machine.
func onMachine(t *testing.T) []string {
	t.Helper()
	return []string{"--node-selector", "kubernetes.io/hostname=" + nodeName(t)}
}

// startAnywhere starts a build on any node.
func startAnywhere(t *testing.T, ns, profile, text string, args ...string) *build {
	t.Helper()
	return startIn(t, t.TempDir(), ns, profile, text, args...)
}

// startIn starts a build of a user with a home directory.
func startIn(t *testing.T, home, ns, profile, text string, args ...string) *build {
	t.Helper()
	dir := t.TempDir()
	if err := fixture.WriteContext(dir, map[string]string{"Dockerfile": text, "file": "of the context\n"}); err != nil {
		t.Fatal(err)
	}
	args = append([]string{
		"build", "-n", ns, "-t", repository(ns), "--profile", profile, "--toleration", "kubectl-img-tests", "--progress", "plain",
		"--pod-timeout", limit.String(), "--detach-grace", limit.String(),
	}, args...) // on a busy machine, an emulated one can be silent for minutes
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	b := &build{cmd: exec.CommandContext(ctx, shared.Plugin, append(args, dir)...), ended: make(chan struct{})}
	b.cmd.Env = append(shared.Env(), "HOME="+home)
	b.cmd.Stdout, b.cmd.Stderr = &b.stdout, &b.stderr
	t.Cleanup(cancel)
	if err := b.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = b.cmd.Wait() // ProcessState has the exit code
		close(b.ended)
	}()
	return b
}

// begun waits until the build's step has said so, with echo begun-$((40+2)).
func (b *build) begun(t *testing.T) {
	t.Helper()
	clustertest.Eventually(t, limit, "the step begins", func() bool {
		select {
		case <-b.ended:
			t.Fatalf("the build ended before:\n%s", b.stderr.String())
		default:
		}
		return strings.Contains(b.stderr.String(), "begun-42")
	})
}

// succeeds waits for the end of a build that has to succeed, and returns its log.
func (b *build) succeeds(t *testing.T) string {
	t.Helper()
	<-b.ended
	if code := b.cmd.ProcessState.ExitCode(); code != 0 {
		t.Fatalf("exit code %d:\n%s", code, b.stderr.String())
	}
	return b.stderr.String()
}

// fails waits for the end of a build whose error line must have a text, and returns that line.
func (b *build) fails(t *testing.T, code int, text string) string {
	t.Helper()
	<-b.ended
	line := ""
	for l := range strings.Lines(b.stderr.String()) {
		if strings.HasPrefix(l, "error: ") {
			line = strings.TrimSpace(l)
		}
	}
	if got := b.cmd.ProcessState.ExitCode(); got != code || !strings.Contains(line, text) {
		t.Errorf("exit code %d and %q, want %d and %q in the line:\n%s", got, line, code, text, b.stderr.String())
	}
	return line
}

// kubectl runs kubectl, and returns what it prints.
func kubectl(t *testing.T, args ...string) string {
	t.Helper()
	return pipe(t, "", shared.Bin+"/kubectl", args...)
}

// pipe runs a program with an input, and returns what it prints.
func pipe(t *testing.T, input, path string, args ...string) string {
	t.Helper()
	out, err := output(t, input, path, args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// output is pipe for a program that can fail. A clean-up can run it, too.
func output(t *testing.T, input, path string, args ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = append(shared.Env(), "HOME="+t.TempDir())
	cmd.Stdin = bytes.NewReader([]byte(input))
	return program.Output(cmd)
}
