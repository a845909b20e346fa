package e2e_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-img/kubectl-img/tests/cluster/program"
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
	for profile := range attacksHere(t) {
		t.Run(profile, func(t *testing.T) {
			t.Parallel()
			r, escaped := forge(t, profile, shared.BuilderImage, git)
			if diff := cmp.Diff(allowedAttacks(), succeededAttacks(r.stderr)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if escaped != "/tmp/escaped-control\n" {
				t.Errorf("files outside of the engine's state:\n%s", escaped)
			}
			r.says(t, "attack secret false: ", "tried git_reference: ")
		})
	}
	// CVE-2024-21626 with a runc before it was mended: the working directory of a step is in the builder's root.
	t.Run("old runc", func(t *testing.T) {
		t.Parallel()
		image := shared.Registry + "/e2e/builder:old-runc"
		pushWithFile(t, shared.BuilderImage, image, map[string]string{"usr/bin/runc": oldRunc(t)})
		r, _ := forge(t, "localhost", image, git)
		if got := strings.Join(succeededAttacks(r.stderr), " "); !strings.Contains(got, "descriptor_") {
			t.Errorf("no descriptor leads to the builder's root: %s", got)
		}
	})
}

// slots are the flags for a frontend that waits for build steps: profile stock needs one container for the frontend, and one for its steps.
func slots(profile string) []string {
	if profile == "stock" {
		return []string{"--slots", "2"}
	}
	return nil
}

// forge builds with the forged frontend. It returns how the build ended, and the files that it wrote outside of the engine's state, with one that the test
// wrote.
func forge(t *testing.T, profile, image, git string) (r result, escaped string) {
	t.Helper()
	ns := namespace(t, levels()[profile])
	dir := only(t, "# syntax="+frontendImage(t, "forged")+"\nFROM scratch\n")
	if err := os.Symlink("/", filepath.Join(dir, "root")); err != nil {
		t.Fatal(err)
	}
	p := build(ns, append(slots(profile), "-t", repository(ns), "--profile", profile, "--image", image, "--progress", "plain", "--build-arg", "BASE="+busybox(),
		"--build-arg", "FILE=https://"+shared.Registry+"/v2/", "--build-arg", "GIT="+git, dir)...).start(t)
	p.await(t, begun)
	pod := onlyPod(t, ns)
	inPod(t, pod, "touch", "/tmp/escaped-control")
	escaped = inPod(t, pod, "find", "/tmp", "-name", "escaped*")
	p.signal(t, syscall.SIGINT)
	r = p.wait(t).fails(t, codeInterrupted)
	t.Log(strings.Join(attackLines(r.stderr), "\n"))
	return r, escaped
}

// oldRunc compiles runc 1.1.11, linked statically as the builder's own.
func oldRunc(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "runc")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "-tags", "seccomp osusergo netgo", "-ldflags", "-s -w -extldflags=-static", "github.com/opencontainers/runc")
	cmd.Dir, cmd.Env = "../cluster/tools/legacy-runc", append(os.Environ(), "CGO_ENABLED=1", "GOWORK=off")
	if err := program.Run(cmd); err != nil {
		t.Fatal(err)
	}
	return read(t, binary)
}
