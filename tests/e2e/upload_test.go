package e2e_test

import (
	"crypto/rand"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestUpload(t *testing.T) {
	t.Parallel()
	t.Run("receiver is killed", uploadAgain)
	t.Run("the pod takes what can be read once, unheard", uploadUnheard)
}

func uploadAgain(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	content := make([]byte, 128<<20)
	_, _ = rand.Read(content) // never fails; random bytes do not compress
	dir := contextOf(t, map[string]string{"Dockerfile": scratch("COPY big /"), "big": string(content)})
	p := build(ns, "--name", "broken", "-t", repository(ns), dir).start(t)
	eventually(t, time.Minute, "the receiving end has been killed", func() bool {
		return worksInPod(t, ns, "broken", `read -r try group </run/kubectl-img/receiver && kill -KILL "-$group"`)
	})
	r := p.wait(t).succeeds(t)
	if len(r.lines("warning: send the build context")) != 1 {
		t.Errorf("not one warning about the upload that broke:\n%s", r.stderr)
	}
	if got := fileIn(t, pull(t, repository(ns)), "big"); got != string(content) {
		t.Errorf("%d bytes in the image, which differ from the file", len(got))
	}
}

// uploadUnheard loses the connection when the pod has taken the whole upload, and the client has not heard of it. The context comes from stdin, so that
// there is nothing to send again.
func uploadUnheard(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	noise := make([]byte, 4<<20)
	_, _ = rand.Read(noise) // never fails
	archive := archiveOf(t, map[string]string{"Dockerfile": scratch("COPY big /"), "big": string(noise)})
	l := newLink(t)
	stdin, writer := io.Pipe()
	c := build(ns, "--server", "https://"+l.address, "--tls-server-name", shared.NodeIP, "--name", "unheard", "-t", repository(ns), "-")
	c.stdin = stdin
	p := c.start(t)
	send := func(part string) {
		if _, err := io.Copy(writer, strings.NewReader(part)); err != nil {
			t.Error(err)
		}
	}
	send(archive[:len(archive)/2])
	eventually(t, time.Minute, "the upload has begun", func() bool { return worksInPod(t, ns, "unheard", "test -s /run/kubectl-img/receiver") })
	l.deaf.Store(true)
	send(archive[len(archive)/2:])
	_ = writer.Close()
	eventually(t, 20*time.Second, "the pod has taken the upload", func() bool { return worksInPod(t, ns, "unheard", "test -e /run/kubectl-img/received") })
	l.cut()
	r := p.wait(t).succeeds(t)
	r.says(t, "warning: lost the connection to the builder pod, resuming")
	if want := repository(ns) + "@" + digestOf(t, repository(ns)) + "\n"; r.stdout != want {
		t.Errorf("stdout %q, want %q", r.stdout, want)
	}
}

// worksInPod runs a script in a builder pod, and reports whether it succeeds.
func worksInPod(t *testing.T, ns, pod, script string) bool {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), filepath.Join(shared.Bin, "kubectl"), "exec", "-n", ns, pod, "--", "sh", "-c", script)
	cmd.Env = append(os.Environ(), shared.Env()...)
	return cmd.Run() == nil
}
