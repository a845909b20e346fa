package release_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestActions runs tools/actions.sh against repositories on this machine.
func TestActions(t *testing.T) {
	github := t.TempDir()
	git := func(args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "git", append([]string{"-C", filepath.Join(github, "owner", "action"), "-c", "user.name=a", "-c", "user.email=a@b"}, args...)...)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("git %q: %v\n%s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	if err := os.MkdirAll(filepath.Join(github, "owner", "action"), 0o755); err != nil {
		t.Fatal(err)
	}
	git("init", "--quiet")
	git("commit", "--quiet", "--allow-empty", "-m", "one")
	git("tag", "v1.0.0")
	lightweight := git("rev-parse", "HEAD")
	git("commit", "--quiet", "--allow-empty", "-m", "two")
	git("tag", "--annotate", "-m", "two", "v2.0.0")
	annotated := git("rev-parse", "HEAD")

	file := filepath.Join(t.TempDir(), "workflow.yml")
	stale := "steps:\n  - uses: owner/action@" + annotated + " # v1.0.0\n  - name: second\n    uses: owner/action/sub@main # v2.0.0\n"
	fresh := "steps:\n  - uses: owner/action@" + lightweight + " # v1.0.0\n  - name: second\n    uses: owner/action/sub@" + annotated + " # v2.0.0\n"
	run := func(mode string) (string, error) {
		cmd := exec.CommandContext(t.Context(), filepath.Join(root, "tools", "actions.sh"), mode, file)
		cmd.Env = append(os.Environ(), "GITHUB_URL="+github)
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("verify stale commits", func(t *testing.T) {
		write(stale)
		out, err := run("verify")
		if err == nil || !strings.Contains(out, "owner/action@"+annotated+" is not v1.0.0, which is "+lightweight) || !strings.Contains(out, "owner/action/sub@main is not v2.0.0") {
			t.Errorf("%v\n%s", err, out)
		}
	})
	t.Run("update", func(t *testing.T) {
		write(stale)
		out, err := run("update")
		if got, _ := os.ReadFile(file); err != nil || string(got) != fresh {
			t.Errorf("%v\n%s%s", err, out, got)
		}
	})
	t.Run("verify fresh commits", func(t *testing.T) {
		write(fresh)
		if out, err := run("verify"); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	})
	t.Run("unknown tag", func(t *testing.T) {
		write("- uses: owner/action@" + annotated + " # v3.0.0\n")
		if out, err := run("verify"); err == nil || !strings.Contains(out, "owner/action has no tag v3.0.0") {
			t.Errorf("%v\n%s", err, out)
		}
	})
}
