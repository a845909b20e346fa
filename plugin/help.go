package plugin

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/kubectl-img/kubectl-img/podspec"
)

const rootLong = `Build container images inside your Kubernetes cluster, in an unprivileged pod that is deleted afterwards.`

const rootExample = `  # Can images be built in namespace ci? It says what is missing
  kubectl img doctor -n ci

  # What an administrator applies for it
  kubectl img setup -n ci --user jane | kubectl apply -f -

  # Build the current directory and push it
  kubectl img build -n ci -t registry.example.com/team/app:1.2 .`

const buildLong = `Build an image from a Dockerfile in its own pod, push it, and delete the pod.

PATH is the build context, a directory; - reads it as a tar archive from stdin. The digest, REPOSITORY@sha256:..., is
the only line on stdout.`

const buildExample = `  # Build the current directory and push it
  kubectl img build -t registry.example.com/team/app:1.2 .

  # Only look at the pod, in namespace ci, with a build argument
  kubectl img build -n ci -t registry.example.com/a --build-arg V=1 --dry-run .

  # Send a context that git packs
  git archive HEAD | kubectl img build -t registry.example.com/team/app -`

// verbGroup is verbs under a heading in the help.
type verbGroup struct {
	title string
	verbs []string
}

// verbGroups has what to begin with first.
func verbGroups() []verbGroup {
	return []verbGroup{
		{"Build", []string{"build"}},
		{"Builds that run or have ended", []string{"ls", "attach", "logs", "cancel", "prune"}},
		{"A cluster to build in", []string{"setup", "doctor"}},
		{"The plugin itself", []string{"completion", "version", "options", "help"}},
	}
}

// usedMost are the flags in the help of a verb that has more than fit on a screen; options prints all.
func usedMost(verb string) []string {
	switch verb {
	case "build":
		return []string{"tag", "file", "build-arg", "platform", "output", "auth", "profile", "detach", "dry-run"}
	case "ls":
		return []string{"all-namespaces", "output"}
	case "doctor":
		return []string{"probe", "tag", "output", "auth", "image", "service-account"}
	case "setup":
		return []string{"profile", "user", "group", "serviceaccount", "profiles", "gke"}
	default:
		return nil
	}
}

// showHelp is cobra's help function.
func showHelp(cmd *cobra.Command, _ []string) {
	_, _ = io.WriteString(cmd.OutOrStdout(), helpText(cmd))
}

// helpText fits a screen; a test holds it to that.
func helpText(cmd *cobra.Command) string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s\n\nUsage:\n  %s\n", wrap(cmd.Long, 0), useLine(cmd))
	if !cmd.HasParent() {
		for _, group := range verbGroups() {
			fmt.Fprintf(&out, "\n%s:\n%s", group.title, verbList(cmd, group.verbs))
		}
	}
	fmt.Fprintf(&out, "\nExamples:\n%s\n", cmd.Example)
	if !cmd.HasParent() {
		fmt.Fprintf(&out, "\nMore of a verb: kubectl img VERB --help. All flags: kubectl img options VERB\n")
		return out.String()
	}
	flags := ownFlags(cmd)
	if most := usedMost(cmd.Name()); most != nil {
		flags = slices.DeleteFunc(flags, func(f *pflag.Flag) bool { return !slices.Contains(most, f.Name) })
		fmt.Fprintf(&out, "\nFlags used most:\n%s", flagList(flags))
	} else if len(flags) > 0 {
		fmt.Fprintf(&out, "\nFlags:\n%s", flagList(flags))
	}
	fmt.Fprintf(&out, "\nAll flags, with kubectl's: kubectl img options %s\n", verbPath(cmd))
	return out.String()
}

func verbList(root *cobra.Command, names []string) string {
	var out strings.Builder
	for _, name := range names {
		verb, _, _ := root.Find([]string{name})
		fmt.Fprintf(&out, "  %-11s %s\n", name, verb.Short)
	}
	return out.String()
}

// useLine is how a command is typed.
func useLine(cmd *cobra.Command) string {
	_, rest, _ := strings.Cut(cmd.Use, " ")
	return strings.TrimSpace(cmd.CommandPath() + " " + rest)
}

// verbPath names a command without what precedes it.
func verbPath(cmd *cobra.Command) string {
	return strings.TrimSpace(strings.TrimPrefix(cmd.CommandPath(), cmd.Root().CommandPath()))
}

// newHelpCommand refuses what is no command, which cobra's own does not.
func newHelpCommand() *cobra.Command {
	return aboutVerbs(&cobra.Command{
		Use: "help [VERB]", Short: "Say more about a verb", Long: "Say more about a verb; the same as --help after it.", Example: "  kubectl img help build",
	}, (*cobra.Command).Help)
}

// aboutVerbs has a command tell something of the verb that its arguments name, or of all.
func aboutVerbs(cmd *cobra.Command, tell func(about *cobra.Command) error) *cobra.Command {
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		_, err := commandAt(cmd.Root(), args)
		return err
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		about, err := commandAt(cmd.Root(), args)
		if err != nil {
			return err
		}
		return tell(about)
	}
	return cmd
}

// commandAt returns the command that words name.
func commandAt(root *cobra.Command, words []string) (*cobra.Command, error) {
	cmd, rest, err := root.Find(words)
	if err != nil || len(rest) > 0 {
		return nil, knownCommand(cmd, rest)
	}
	return cmd, nil
}

func profileNames(profiles []podspec.Profile) string {
	var names []string
	for _, p := range profiles {
		names = append(names, string(p))
	}
	return strings.Join(names, ", ")
}
