package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// TestProfileIsFresh keeps the profile what `make update-seccomp` writes: nothing is in it but containerd's default and what has a reason.
func TestProfileIsFresh(t *testing.T) {
	want, err := generate(read(t, "../../deploy/seccomp/extras.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, read(t, "../../deploy/seccomp/kubectl-img.json")) {
		t.Error("deploy/seccomp/kubectl-img.json is stale, run make update-seccomp")
	}
}

// TestContainerdIsTheTests keeps the default that of the containerd which the end-to-end tests run on.
func TestContainerdIsTheTests(t *testing.T) {
	version := regexp.MustCompile(`github\.com/containerd/containerd/v2 (v\S+)`)
	ours := version.FindSubmatch(read(t, "go.mod"))
	theirs := version.FindSubmatch(read(t, "../../tests/cluster/tools/containerd/go.mod"))
	if ours == nil || theirs == nil || !bytes.Equal(ours[1], theirs[1]) {
		t.Errorf("containerd %s here, %s in the test cluster", ours[1], theirs[1])
	}
}

func TestRuleWithoutReasonIsRefused(t *testing.T) {
	if _, err := generate([]byte("syscalls: [{names: [bpf], action: SCMP_ACT_ALLOW}]")); err == nil {
		t.Error("a rule without a reason was taken")
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.FromSlash(path))
	if err != nil {
		t.Fatal(err)
	}
	return data
}
