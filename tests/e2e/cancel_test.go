package e2e_test

import (
	"strings"
	"testing"
	"time"
)

func TestCancel(t *testing.T) {
	t.Parallel()
	t.Run("client that waits is told", cancelWaitingClient)
	t.Run("pod deleted by somebody else", cancelByDelete)
}

func cancelWaitingClient(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	p := build(ns, "-t", repository(ns), "--name", "mine", endless(t)).start(t)
	p.await(t, begun)
	follow := img(ns, "logs", "-f", "mine")
	follow.report = true // the end of the log is gone with the pod
	logs := follow.start(t)
	eventually(t, limit, "the log is followed", func() bool { return strings.Contains(logs.stdout.String(), begun) })
	if r := img(ns, "cancel", "mine").run(t).succeeds(t); r.stdout != "build "+ns+"/mine cancelled\n" {
		t.Errorf("stdout %q", r.stdout)
	}
	p.wait(t).within(t, limit).fails(t, codeInternal, "deleted by somebody else").hints(t, "kubectl img cancel")
	logs.wait(t)
	img(ns, "cancel", "--ignore-not-found", "no-such-build").run(t).succeeds(t)
	img(ns, "cancel", "no-such-build").run(t).within(t, 20*time.Second).fails(t, codeInternal, "no-such-build", "not found")
}

func cancelByDelete(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	p := build(ns, "-t", repository(ns), endless(t)).start(t)
	p.await(t, begun)
	deletePod(t, onlyPod(t, ns))
	p.wait(t).fails(t, codeInternal, "deleted by somebody else").hints(t, "kubectl img cancel")
}
