package localfile

import (
	"fmt"
	"os"
	"testing"
)

// TestMain gives the tests a temporary directory of their own: they look there for what was left behind, and other programs write to the usual one.
func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "localfile-")
	if err == nil {
		err = os.Setenv("TMPDIR", dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	return m.Run()
}
