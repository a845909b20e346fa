package plugin

import (
	"testing"

	"github.com/spf13/pflag"
)

// TestCompletionOfFlags fails for a flag that takes a value and that nothing completes on purpose.
func TestCompletionOfFlags(t *testing.T) {
	root := newRootCommand(newBench(t).Process)
	check := func(verb string, flags []*pflag.Flag) {
		cmd, _, err := root.Find([]string{verb})
		if err != nil || verb == "" {
			cmd = root
		}
		for _, f := range flags {
			if _, found := cmd.GetFlagCompletionFunc(f.Name); !found && f.Value.Type() != "bool" {
				t.Errorf("flag --%s of %q: register what completes it beside the flag", f.Name, verb)
			}
		}
	}
	check("", visible(root.PersistentFlags()))
	for _, cmd := range allCommands(root)[1:] {
		if cmd.Parent() == root {
			check(cmd.Name(), ownFlags(cmd))
		}
	}
}
