package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// list shows all that an image keeps of a tree.
const list = `
find . -printf '%p %y %#m %U:%G %n %l\n' | sort
tar -c --numeric-owner --sort=name --mtime=@0 . | tar -tv --numeric-owner
`

// TestScripts runs each script by the real root, and emulated: what they print is the same.
func TestScripts(t *testing.T) {
	scripts, err := filepath.Glob("testdata/*.sh")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, name := range scripts {
		t.Run(filepath.Base(name), func(t *testing.T) {
			t.Parallel()
			script, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			command := []string{"sh", "-c", string(script) + list}
			want := output(t, genuine(t, workDir(t, 0), command...))
			got := output(t, emulated(t, workDir(t, 1000), command...))
			if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(got, "\n")); diff != "" {
				t.Errorf("emulated, against the real root (-want +got):\n%s", diff)
			}
		})
	}
}
