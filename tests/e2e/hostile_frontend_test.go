package e2e_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// allowedAttacks are the calls of the forged frontend that any frontend may make. They show that the others fail for what they ask for.
func allowedAttacks() []string {
	return []string{"allowed_container", "allowed_context", "allowed_git", "allowed_http", "allowed_raw_container", "allowed_step"}
}

// TestForgedFrontend lets a frontend from an image ask the engine for what no frontend may have, by BuildKit's protocol: other rights, networks, files,
// secrets and services. Afterwards none of the files that it tries to write is in the pod.
func TestForgedFrontend(t *testing.T) {
	t.Parallel()
	git := gitServer(t, map[string]string{"real/subuid": "x", "absolute@": "/etc", "relative@": strings.Repeat("../", 12) + "etc"})
	for profile := range attacks() {
		t.Run(profile, func(t *testing.T) {
			t.Parallel()
			ns := namespace(t, levels()[profile])
			dir := only(t, "# syntax="+frontendImage(t, "forged")+"\nFROM scratch\n")
			if err := os.Symlink("/", filepath.Join(dir, "root")); err != nil {
				t.Fatal(err)
			}
			p := build(ns, "-t", repository(ns), "--profile", profile, "--progress", "plain", "--build-arg", "BASE="+busybox(),
				"--build-arg", "FILE=https://"+shared.Registry+"/v2/", "--build-arg", "GIT="+git, dir).start(t)
			p.await(t, begun)
			pod := onlyPod(t, ns)
			inPod(t, pod, "touch", "/tmp/escaped-control")
			escaped := inPod(t, pod, "find", "/tmp", "-name", "escaped*")
			p.signal(t, syscall.SIGINT)
			r := p.wait(t).fails(t, codeInterrupted)

			t.Log(strings.Join(attackLines(r.stderr), "\n"))
			if diff := cmp.Diff(allowedAttacks(), succeededAttacks(r.stderr)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if escaped != "/tmp/escaped-control\n" {
				t.Errorf("files outside of the engine's state:\n%s", escaped)
			}
			r.says(t, "attack secret false: ", "tried git_reference: ")
		})
	}
}
