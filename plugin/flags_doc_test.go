package plugin

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/kubectl-img/kubectl-img/internal/cli"
)

var update = flag.Bool("update", false, "rewrite docs/flags.md and the man page")

const (
	flagsBegin = "<!-- flags: begin (make update-docs) -->\n"
	flagsEnd   = "<!-- flags: end -->\n"
)

// TestFlagReference checks that docs/flags.md is what the commands' own flags say.
func TestFlagReference(t *testing.T) {
	path, err := filepath.Abs(filepath.Join("..", "docs", "flags.md"))
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begins := strings.Cut(string(page), flagsBegin)
	_, after, ends := strings.Cut(rest, flagsEnd)
	if !begins || !ends {
		t.Fatalf("%s lacks the lines\n%s%s", path, flagsBegin, flagsEnd)
	}
	want := before + flagsBegin + flagReference(t) + flagsEnd + after
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(string(page), "\n")); diff != "" {
		t.Errorf("docs/flags.md is stale, run make update-docs (-want +got):\n%s", diff)
	}
}

// flagReference describes every visible flag of every verb, and every flag of docker build that is not supported.
func flagReference(t *testing.T) string {
	t.Helper()
	root := newRootCommand(newBench(t).Process)
	build, _, err := root.Find([]string{"build"})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "\n## Flags of `%s`\n\n", build.CommandPath())
	own := build.LocalNonPersistentFlags()
	own.SortFlags = false // in the order of --help
	flagTable(&out, own)
	for _, verb := range allCommands(root) {
		otherVerb(&out, verb)
	}
	fmt.Fprint(&out, "\n## Flags of kubectl\n\nThey mean the same as for kubectl. Write them after `img`: kubectl accepts no flag before a plugin's name.\n\n")
	flagTable(&out, build.InheritedFlags())
	fmt.Fprint(&out, "\n## Flags of `docker build` that are not supported\n\nEach ends the run with exit code 2 before anything is created. None is ignored.\n\n")
	fmt.Fprint(&out, "| flag | why | instead |\n| --- | --- | --- |\n")
	build.Flags().VisitAll(func(f *pflag.Flag) {
		var unsupported *cli.UnsupportedFlagError
		if f.Hidden && errors.As(f.Value.Set(""), &unsupported) {
			fmt.Fprintf(&out, "| %s | %s | %s |\n", spelling(f.Shorthand, f.Name), cell(unsupported.Reason), cell(unsupported.Instead))
		}
	})
	fmt.Fprintln(&out)
	return out.String()
}

// otherVerb describes the flags of a verb other than build, if it has any.
func otherVerb(out *bytes.Buffer, verb *cobra.Command) {
	own := verb.LocalNonPersistentFlags()
	own.SortFlags = false
	if verb.Name() == "build" || !verb.HasParent() || len(visible(own)) == 0 {
		return
	}
	fmt.Fprintf(out, "\n## Flags of `%s`\n\n| flag | default | |\n| --- | --- | --- |\n", verb.CommandPath())
	own.VisitAll(func(f *pflag.Flag) {
		if !f.Hidden && f.Name != "help" {
			fmt.Fprintf(out, "| %s | %s | %s |\n", typed(f), defaultValue(f), text(f))
		}
	})
}

// flagTable writes one row for each visible flag.
func flagTable(out *bytes.Buffer, flags *pflag.FlagSet) {
	fmt.Fprint(out, "| flag | environment | default | |\n| --- | --- | --- | --- |\n")
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Name == "help" {
			return
		}
		fmt.Fprintf(out, "| %s | `%s` | %s | %s |\n", typed(f), cli.Variable(f.Name), defaultValue(f), text(f))
	})
}

// spelling returns the forms of a flag that a user can type.
func spelling(shorthand, name string) string {
	if shorthand == "" {
		return "`--" + name + "`"
	}
	return "`-" + shorthand + "`, `--" + name + "`"
}

// typed adds the placeholder of the value.
func typed(f *pflag.Flag) string {
	return strings.TrimSuffix(spelling(f.Shorthand, f.Name), "`") + cell(placeholder(f)) + "`"
}

// text returns the flag's description.
func text(f *pflag.Flag) string {
	_, text := pflag.UnquoteUsage(f)
	return cell(text)
}

// defaultValue leaves out empty defaults, and replaces those that depend on the release or on the user.
func defaultValue(f *pflag.Flag) string {
	switch {
	case f.Name == "image":
		return "the release's"
	case f.Name == "cache-dir":
		return "`~/.kube/cache`"
	case f.DefValue == "" || f.DefValue == "[]" || f.DefValue == "false":
		return ""
	default:
		return "`" + f.DefValue + "`"
	}
}

// cell escapes a text for a table.
func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }
