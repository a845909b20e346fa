package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// list prints everything that an image keeps of a tree.
const list = `
find . -printf '%p %y %#m %U:%G %n %l\n' | sort
tar -c --numeric-owner --sort=name --mtime=@0 . | tar -tv --numeric-owner
`

// TestScript runs each script as the real root and emulated. Both print the same.
func TestScript(t *testing.T) {
	scripts, err := filepath.Glob("testdata/*.sh")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, name := range scripts {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".sh"), func(t *testing.T) {
			t.Parallel()
			script, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			compareWithRoot(t, string(script))
		})
	}
}

// compareWithRoot runs a script as the real root and emulated, and lists the files that it leaves.
func compareWithRoot(t *testing.T, script string) {
	t.Helper()
	command := []string{"sh", "-c", script + list}
	want := output(t, genuine(t, workDir(t, 0), command...))
	got := output(t, emulated(t, workDir(t, 1000), command...))
	if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("emulated, compared with the real root (-want +got):\n%s", diff)
	}
}
