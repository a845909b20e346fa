package e2e_test

import (
	"bufio"
	"os"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// A pager that is not scrolled, or Ctrl-S, stops the client's output for longer than the grace period. The client is alive, so the build goes on, and the whole log
// is shown afterwards.
func TestStoppedPager(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	const grace = 5 * time.Second
	c := build(ns, "-t", repository(ns), "--progress", "plain", "--detach-grace", grace.String(),
		only(t, shell("RUN seq 10000; sleep 45; echo over-$((40+3))")))
	defer c.enter()()
	cmd := c.command(t.Context(), t)
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	cmd.Stdout, cmd.Stderr = writer, writer // as 2>&1 | less
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = writer.Close()
	// A page is read, and then nothing for so long that a client which is stopped as well has given up its connection (after 30 s), and the pod its client.
	lines := bufio.NewScanner(reader)
	for lines.Scan() && !strings.HasSuffix(lines.Text(), " 100") {
		continue
	}
	<-time.After(30*time.Second + 4*grace)
	if pod := onlyPod(t, ns); pod.Status.Phase != corev1.PodRunning && pod.Status.Phase != corev1.PodSucceeded {
		t.Errorf("the pod is %s: %+v", pod.Status.Phase, pod.Status.ContainerStatuses)
	}
	var rest []string
	for lines.Scan() {
		rest = append(rest, lines.Text())
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v\n%s", err, strings.Join(rest[max(0, len(rest)-20):], "\n"))
	}
	text, last := strings.Join(rest, "\n"), rest[max(0, len(rest)-1):]
	if !strings.Contains(text, " 10000\n") || !strings.Contains(text, "over-43") {
		t.Errorf("%d lines:\n%s", len(rest), strings.Join(rest[max(0, len(rest)-20):], "\n"))
	}
	if want := repository(ns) + "@" + digestOf(t, repository(ns)); len(last) != 1 || last[0] != want {
		t.Errorf("the last line is %q, want %q", last, want)
	}
}
