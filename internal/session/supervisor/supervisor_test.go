package supervisor

import (
	"io/fs"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestScript(t *testing.T) {
	t.Run("every file is in the script once", func(t *testing.T) {
		found, err := fs.Glob(files, "*.sh")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(found, slices.Sorted(slices.Values(order()))); diff != "" {
			t.Errorf("files (-directory +order):\n%s", diff)
		}
	})
	t.Run("a cloud's login is in the script", func(t *testing.T) {
		if !strings.Contains(Script("login_x() { :; }\n"), "\nlogin_x() { :; }\n") {
			t.Error("it is missing")
		}
	})
	t.Run("the command is the last line", func(t *testing.T) {
		if !strings.HasSuffix(Script(), "\n\"$@\"\n") {
			t.Error("another line runs last")
		}
	})
	for name, shell := range map[string][]string{"dash": {"dash", "-n"}, "busybox": {"busybox", "sh", "-n"}} {
		t.Run("syntax/"+name, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), shell[0], shell[1:]...)
			cmd.Stdin = strings.NewReader(Script())
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
}
