package plugin

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/spf13/pflag"
)

// screenHeight is what a terminal shows at least where somebody works.
const screenHeight = 40

// TestHelpFitsAScreen holds the help of every verb to 80 columns and 40 lines, and to an example and a way to all flags.
func TestHelpFitsAScreen(t *testing.T) {
	for _, cmd := range allCommands(newRootCommand(newBench(t).process, nil)) {
		t.Run(cmd.CommandPath(), func(t *testing.T) {
			b := newBench(t)
			if code := b.run(append(strings.Fields(verbPath(cmd)), "--help")...); code != codeOK || b.errOut.Len() > 0 {
				t.Fatalf("exit code %d, stderr %q", code, b.errOut)
			}
			lines := strings.Split(strings.TrimSuffix(b.out.String(), "\n"), "\n")
			if len(lines) > screenHeight {
				t.Errorf("%d lines, want %d at most", len(lines), screenHeight)
			}
			for _, line := range lines {
				if utf8.RuneCountInString(line) > screenWidth {
					t.Errorf("%d columns: %s", utf8.RuneCountInString(line), line)
				}
			}
			_, examples, _ := strings.Cut(b.out.String(), "\nExamples:\n")
			if !strings.Contains(examples, "  "+cmd.CommandPath()) {
				t.Errorf("no example of %s:\n%s", cmd.CommandPath(), b.out)
			}
			if !strings.Contains(b.out.String(), "kubectl img options") {
				t.Errorf("no way to all flags:\n%s", b.out)
			}
		})
	}
}

// TestOptionsHasEveryFlag asks for every visible flag of every verb, from its own options and from all.
func TestOptionsHasEveryFlag(t *testing.T) {
	shows := func(t *testing.T, args []string, flags []*pflag.Flag) {
		t.Helper()
		b := newBench(t)
		if code := b.run(append([]string{"options"}, args...)...); code != codeOK {
			t.Fatalf("exit code %d: %s", code, b.errOut)
		}
		for _, f := range flags {
			if !strings.Contains(b.out.String(), flagUsage(f)) {
				t.Errorf("options %q lacks %q", args, flagUsage(f))
			}
		}
	}
	root := newRootCommand(newBench(t).process, nil)
	all := visible(root.PersistentFlags())
	for _, cmd := range allCommands(root) {
		shows(t, strings.Fields(verbPath(cmd)), append(ownFlags(cmd), visible(root.PersistentFlags())...))
		all = append(all, ownFlags(cmd)...)
	}
	shows(t, nil, all)
}

func TestHelpRefusesWhatIsNoVerb(t *testing.T) {
	for _, args := range [][]string{{"help", "biuld"}, {"options", "biuld"}} {
		if report := newBench(t).refused(t, args...); !strings.HasPrefix(report, `error: unknown command "biuld" for "kubectl img"`) {
			t.Errorf("%q: %s", args, report)
		}
	}
	if report := newBench(t).refused(t, "completion", "bash"); !strings.Contains(report, `unknown command "bash" for "kubectl img completion"`) {
		t.Error(report)
	}
}

// Every flag of ours says what stands for its value, and each flag that the help shows is there.
func TestFlagsNameTheirValues(t *testing.T) {
	root := newRootCommand(newBench(t).process, nil)
	for _, cmd := range allCommands(root)[1:] {
		shown := map[string]bool{}
		for _, f := range ownFlags(cmd) {
			shown[f.Name] = true
			if placeholder(f) == " VALUE" && cmd.Name() != "ls" { // whose flags are kubectl's
				t.Errorf("%s --%s: want a text of the form `NAME`: text", cmd.CommandPath(), f.Name)
			}
		}
		for _, name := range usedMost(cmd.Name()) {
			if !shown[name] {
				t.Errorf("%s has no flag --%s to show", cmd.CommandPath(), name)
			}
		}
	}
}
