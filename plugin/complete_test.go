package plugin

import (
	"slices"
	"testing"

	"github.com/spf13/pflag"
)

// TestEveryFlagIsCompletedOnPurpose fails for a flag that takes a value and is not in the table, and for an entry of no flag.
func TestEveryFlagIsCompletedOnPurpose(t *testing.T) {
	b := newBench(t)
	root := newRootCommand(b.process, nil)
	table := completer{process: b.process}.flags()
	var used []string
	look := func(verb string, flags []*pflag.Flag) {
		for _, f := range flags {
			if f.Value.Type() == "bool" {
				continue
			}
			if table[verb+" "+f.Name] == nil && table[f.Name] == nil {
				t.Errorf("flag --%s of %s: say in complete_flags.go what completes it", f.Name, verb)
			}
			used = append(used, verb+" "+f.Name, f.Name)
		}
	}
	look("", visible(root.PersistentFlags()))
	for _, cmd := range allCommands(root)[1:] {
		look(cmd.Name(), ownFlags(cmd))
	}
	for name := range table {
		if !slices.Contains(used, name) {
			t.Errorf("%q completes no flag", name)
		}
	}
}
