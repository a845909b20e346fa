package e2e_test

import (
	"crypto/rand"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

func TestUpload(t *testing.T) {
	t.Parallel()
	t.Run("receiver is killed", uploadAgain)
}

func uploadAgain(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	content := make([]byte, 128<<20)
	_, _ = rand.Read(content) // never fails; random bytes do not compress
	dir := contextOf(t, map[string]string{"Dockerfile": scratch("COPY big /"), "big": string(content)})
	p := build(ns, "--name", "broken", "-t", repository(ns), dir).start(t)
	eventually(t, time.Minute, "the receiving end has been killed", func() bool {
		script := `read -r try group </run/kubectl-img/receiver && kill -KILL "-$group"`
		cmd := exec.CommandContext(t.Context(), filepath.Join(shared.Bin, "kubectl"), "exec", "-n", ns, "broken", "--", "sh", "-c", script)
		cmd.Env = append(os.Environ(), shared.Env()...)
		return cmd.Run() == nil
	})
	r := p.wait(t).succeeds(t)
	if len(r.lines("warning: send the build context")) != 1 {
		t.Errorf("not one warning about the upload that broke:\n%s", r.stderr)
	}
	if got := fileIn(t, pull(t, repository(ns)), "big"); got != string(content) {
		t.Errorf("%d bytes in the image, which differ from the file", len(got))
	}
}
