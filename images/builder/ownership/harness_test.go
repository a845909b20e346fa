package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// program is the compiled binary. It is a variable because TestMain has no other way to pass it on.
var program string

// nobody is the user of a builder: it owns nothing and has no privilege.
const nobody = "1000"

// programs are what this test binary does when it runs under the name "actor": the commands whose calls are emulated.
func programs() map[string]func(args []string) {
	return map[string]func([]string){
		"random": randomCalls, "become": become, "ids": ids, "stat undumpable": statUndumpable, "open path": openPath, "link descriptor": linkDescriptor,
		"hidden pipe": hiddenPipe,
		"escape":      escape, "stop": stopHelper, "stop own": stopOwn, "long way": longWay, "stale caller": staleCaller, "bystander": bystand,
	}
}

func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		if run, found := programs()[os.Args[1]]; found {
			run(os.Args[2:])
			return
		}
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
	// A copy that root and the builder's user can both execute.
	self, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "actor"), self, 0o755); err != nil {
		log.Fatal(err)
	}
	m.Run()
}

// emulated returns a command that runs in a user namespace with one id, under the program.
func emulated(t *testing.T, dir string, command ...string) *exec.Cmd {
	t.Helper()
	args := []string{"--reuid", nobody, "--regid", nobody, "--clear-groups", "--no-new-privs", "unshare", "-U", "-r", "-m", program}
	return inDir(t, dir, "setpriv", append(args, command...)...)
}

// genuine returns the same command as the real root, with which these tests compare.
func genuine(t *testing.T, dir string, command ...string) *exec.Cmd {
	t.Helper()
	if os.Getuid() != 0 {
		t.Fatal("these tests compare with the real root, so they have to run as root")
	}
	return inDir(t, dir, command[0], command[1:]...)
}

func inDir(t *testing.T, dir, name string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = dir
	cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin:" + filepath.Dir(program), "LC_ALL=C"}
	return cmd
}

// workDir returns a directory that uid may write to, on a file system with attributes.
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

// say prints a line of an actor's.
func say(words ...any) { _, _ = fmt.Fprintln(os.Stdout, words...) }

// must ends an actor that can't go on.
func must(err error) {
	if err != nil {
		say(err)
		os.Exit(1)
	}
}
