package receive

import (
	"fmt"
	"os"
	"testing"
)

// TestMain makes this test a program: the tests of kubectl-img's internal/session run the receiver without BuildKit, which takes minutes to compile.
func TestMain(m *testing.M) {
	if len(os.Args) < 2 || os.Args[1] != "receive" {
		os.Exit(m.Run())
	}
	cmd := Command()
	cmd.SetArgs(os.Args[2:])
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	if err := cmd.Execute(); err != nil {
		fmt.Fprintln(os.Stderr, "Error: "+err.Error())
		os.Exit(1)
	}
}
