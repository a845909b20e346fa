package plugin

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/internal/clitest"
)

// onPath makes a directory in which kubectl-img is a link to elsewhere, as krew has it, and puts it on PATH.
func onPath(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	store := filepath.Join(t.TempDir(), "kubectl-img")
	if err := os.WriteFile(store, []byte("#!/bin/sh\necho \"$@\"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(store, filepath.Join(dir, "kubectl-img")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	return dir
}

func TestCompletionInstallNextToThePlugin(t *testing.T) {
	dir := onPath(t)
	script := filepath.Join(dir, "kubectl_complete-img")
	for _, before := range []string{"", "#!/bin/sh\n# " + completionMark + "\nan earlier release's\n"} {
		if before != "" {
			clitest.Write(t, script, before)
		}
		for range 2 { // a second time changes nothing
			b := newBench(t)
			if code := b.run("completion", "install"); code != cli.CodeOK || b.ErrOut.Len() > 0 {
				t.Fatalf("exit code %d, stderr %q", code, b.ErrOut)
			}
			if !strings.HasPrefix(b.Out.String(), script+" ") {
				t.Errorf("printed %q", b.Out)
			}
			info, err := os.Stat(script)
			if err != nil || info.Mode().Perm() != 0o755 {
				t.Errorf("%v, %v", info, err)
			}
		}
	}
	_, want := completionScript("linux")
	if got, err := os.ReadFile(script); err != nil || string(got) != string(want) {
		t.Errorf("%v: %s", err, got)
	}
}

func TestCompletionInstallKeepsOtherFiles(t *testing.T) {
	dir := onPath(t)
	script := filepath.Join(dir, "kubectl_complete-img")
	clitest.Write(t, script, "#!/bin/sh\n# mine\n")
	b := newBench(t)
	if report := b.unusable(t, "completion", "install"); !strings.Contains(report, "kubectl img did not write "+script) {
		t.Error(report)
	}
	if got, err := os.ReadFile(script); err != nil || string(got) != "#!/bin/sh\n# mine\n" {
		t.Errorf("%v: it is now %q", err, got)
	}
	if err := os.Remove(script); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("kubectl-img", script); err != nil { // somebody's own way to do it
		t.Fatal(err)
	}
	newBench(t).unusable(t, "completion", "install")
}

func TestCompletionInstallDir(t *testing.T) {
	onPath(t)
	dir := t.TempDir()
	b := newBench(t)
	if code := b.run("completion", "install", "--dir", dir); code != cli.CodeOK {
		t.Fatalf("exit code %d: %s", code, b.ErrOut)
	}
	if want := "warning: " + dir + " is not on PATH, where kubectl looks\n"; b.ErrOut.String() != want {
		t.Errorf("stderr %q, want %q", b.ErrOut, want)
	}
	if report := newBench(t).unusable(t, "completion", "install", "--dir", filepath.Join(dir, "nowhere")); !strings.Contains(report, "no such file") {
		t.Error(report)
	}
	t.Setenv("PATH", dir)
	if report := newBench(t).unusable(t, "completion", "install"); !strings.Contains(report, "--dir DIR") {
		t.Error(report)
	}
}

// On Windows kubectl finds by extension, and cmd.exe runs it.
func TestCompletionInstallOnWindows(t *testing.T) {
	name, content := completionScript("windows")
	if want := "@rem " + completionMark + "\r\n@kubectl-img __complete %* 2>nul\r\n"; name != "kubectl_complete-img.cmd" || string(content) != want {
		t.Errorf("%s: %q", name, content)
	}
}
