package main

import (
	"context"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// program is the compiled binary. One variable: TestMain has no other way to hand it on.
var program string

// nobody runs what stands for a builder: it owns nothing, and has no privilege.
const nobody = "1000"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "act" { // this binary, as the program that is watched
		act(os.Args[2:])
		return
	}
	if len(os.Args) > 1 && os.Args[1] == "escape" {
		escape(os.Args[2])
		return
	}
	if len(os.Args) > 1 && os.Args[1] == "stat" {
		statBoth(os.Args[2])
		return
	}
	if len(os.Args) > 1 && os.Args[1] == "ids" {
		ids()
		return
	}
	if len(os.Args) > 1 && os.Args[1] == "become" {
		become(os.Args[2:])
	}
	dir, err := os.MkdirTemp("", "ownership-")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o755); err != nil {
		log.Fatal(err)
	}
	program = filepath.Join(dir, "ownership")
	compile := []string{"go", "build", "-o", program, "."}
	if compiled := os.Getenv("OWNERSHIP"); compiled != "" { // on a machine without Go: tests/arm64
		compile = []string{"cp", compiled, program}
	}
	if out, err := exec.CommandContext(context.Background(), compile[0], compile[1:]...).CombinedOutput(); err != nil {
		log.Fatalf("%v\n%s", err, out)
	}
	// Both runs must be able to execute it.
	self, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "actor"), self, 0o755); err != nil {
		log.Fatal(err)
	}
	m.Run()
}

// emulated is a command in a user namespace with one id, under the program.
func emulated(t *testing.T, dir string, command ...string) *exec.Cmd {
	t.Helper()
	args := append([]string{"--reuid", nobody, "--regid", nobody, "--clear-groups", "--no-new-privs", "unshare", "-U", "-r", "-m", program}, command...)
	cmd := exec.CommandContext(t.Context(), "setpriv", args...)
	cmd.Dir = dir
	cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin:" + filepath.Dir(program), "LC_ALL=C"}
	return cmd
}

// genuine is the same by the real root, whom these tests need as the measure.
func genuine(t *testing.T, dir string, command ...string) *exec.Cmd {
	t.Helper()
	if os.Getuid() != 0 {
		t.Fatal("the real root is needed, to compare with")
	}
	cmd := exec.CommandContext(t.Context(), command[0], command[1:]...)
	cmd.Dir = dir
	cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin:" + filepath.Dir(program), "LC_ALL=C"}
	return cmd
}

// workDir is one that uid may write to, on a file system with attributes.
func workDir(t *testing.T, uid int) string {
	t.Helper()
	dir := t.TempDir()
	for d := dir; d != os.TempDir() && strings.HasPrefix(d, os.TempDir()); d = filepath.Dir(d) {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chown(dir, uid, uid); err != nil {
		t.Fatal(err)
	}
	if err := unix.Setxattr(dir, "user.test", []byte("1"), 0); err != nil {
		t.Fatalf("%s takes no attributes: %v", dir, err)
	}
	if err := unix.Removexattr(dir, "user.test"); err != nil {
		t.Fatal(err)
	}
	return dir
}

func output(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return string(out)
}
