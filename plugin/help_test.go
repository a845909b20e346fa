package plugin

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/spf13/pflag"

	"github.com/kubectl-img/kubectl-img/internal/cli"
)

// screenHeight is what a terminal shows at least where somebody works.
const screenHeight = 40

// TestHelpFitsOnAScreen holds the help of every verb to 80 columns and 40 lines, and to an example and a way to all flags.
func TestHelpFitsOnAScreen(t *testing.T) {
	for _, cmd := range allCommands(newRootCommand(newBench(t).Process)) {
		t.Run(cmd.CommandPath(), func(t *testing.T) {
			b := newBench(t)
			if code := b.run(append(strings.Fields(verbPath(cmd)), "--help")...); code != cli.CodeOK || b.ErrOut.Len() > 0 {
				t.Fatalf("exit code %d, stderr %q", code, b.ErrOut)
			}
			lines := strings.Split(strings.TrimSuffix(b.Out.String(), "\n"), "\n")
			if len(lines) > screenHeight {
				t.Errorf("%d lines, want %d at most", len(lines), screenHeight)
			}
			for _, line := range lines {
				if utf8.RuneCountInString(line) > screenWidth {
					t.Errorf("%d columns: %s", utf8.RuneCountInString(line), line)
				}
			}
			_, examples, _ := strings.Cut(b.Out.String(), "\nExamples:\n")
			if !strings.Contains(examples, "  "+cmd.CommandPath()) {
				t.Errorf("no example of %s:\n%s", cmd.CommandPath(), b.Out)
			}
			if !strings.Contains(b.Out.String(), "kubectl img options") {
				t.Errorf("no way to all flags:\n%s", b.Out)
			}
		})
	}
}

// TestOptionsHasEveryFlag asks for every visible flag of every verb, from its own options and from all.
func TestOptionsHasEveryFlag(t *testing.T) {
	shows := func(t *testing.T, args []string, flags []*pflag.Flag) {
		t.Helper()
		b := newBench(t)
		if code := b.run(append([]string{"options"}, args...)...); code != cli.CodeOK {
			t.Fatalf("exit code %d: %s", code, b.ErrOut)
		}
		for _, f := range flags {
			spelled, _, _ := strings.Cut(flagUsage(f), "[=") // pflag writes an optional value in its own way
			if !strings.Contains(b.Out.String(), spelled) {
				t.Errorf("options %q lacks %q", args, spelled)
			}
		}
	}
	root := newRootCommand(newBench(t).Process)
	all := visible(root.PersistentFlags())
	for _, cmd := range allCommands(root) {
		shows(t, strings.Fields(verbPath(cmd)), append(ownFlags(cmd), visible(root.PersistentFlags())...))
		all = append(all, ownFlags(cmd)...)
	}
	shows(t, nil, all)
}

func TestHelpOfAnUnknownVerb(t *testing.T) {
	for _, args := range [][]string{{"help", "biuld"}, {"options", "biuld"}} {
		if report := newBench(t).unusable(t, args...); !strings.HasPrefix(report, `error: unknown command "biuld" for "kubectl img"`) {
			t.Errorf("%q: %s", args, report)
		}
	}
	if report := newBench(t).unusable(t, "completion", "bash"); !strings.Contains(report, `unknown command "bash" for "kubectl img completion"`) {
		t.Error(report)
	}
}

// TestHelpNamesTheValues checks that each flag of ours names its value, and that each flag that the help shows exists.
func TestHelpNamesTheValues(t *testing.T) {
	root := newRootCommand(newBench(t).Process)
	for _, cmd := range allCommands(root)[1:] {
		shown := map[string]bool{}
		for _, f := range ownFlags(cmd) {
			shown[f.Name] = true
			if strings.TrimLeft(placeholder(f), " ") == f.Value.Type() && cmd.Name() != "ls" { // whose flags are kubectl's
				t.Errorf("%s --%s: want a text that names the value, in back quotes", cmd.CommandPath(), f.Name)
			}
		}
		for _, name := range strings.Fields(cmd.Annotations[usedMostAnnotation]) {
			if !shown[name] {
				t.Errorf("%s has no flag --%s to show", cmd.CommandPath(), name)
			}
		}
	}
}
