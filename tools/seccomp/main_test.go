package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// TestProfileUpToDate checks that the profile is what `make update-seccomp` writes: containerd's default and rules with a reason.
func TestProfileUpToDate(t *testing.T) {
	want, err := generate(read(t, "../../deploy/seccomp/extras.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, read(t, "../../deploy/seccomp/kubectl-img.json")) {
		t.Error("deploy/seccomp/kubectl-img.json is stale, run make update-seccomp")
	}
}

// TestContainerdVersion checks that the default profile comes from the version of containerd that the end-to-end tests run.
func TestContainerdVersion(t *testing.T) {
	version := regexp.MustCompile(`github\.com/containerd/containerd/v2 (v\S+)`)
	ours := version.FindSubmatch(read(t, "go.mod"))
	theirs := version.FindSubmatch(read(t, "../../tests/cluster/tools/containerd/go.mod"))
	if ours == nil || theirs == nil || !bytes.Equal(ours[1], theirs[1]) {
		t.Errorf("containerd %s here, %s in the test cluster", ours[1], theirs[1])
	}
}

func TestGenerateRuleWithoutReason(t *testing.T) {
	if _, err := generate([]byte("syscalls: [{names: [bpf], action: SCMP_ACT_ALLOW}]")); err == nil {
		t.Error("no error")
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
