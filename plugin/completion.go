package plugin

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	osexec "os/exec"
	"path/filepath"
	"runtime"
	"slices"

	"github.com/moby/sys/atomicwriter"
	"github.com/spf13/cobra"

	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/internal/complete"
)

const completionLong = `Let kubectl complete verbs, flags and their values after "kubectl img".

kubectl 1.26 or later asks an executable kubectl_complete-img on PATH. install writes it beside the plugin: two lines that call the plugin. kubectl's own completion must be loaded in your shell; kubectl completion --help says how.`

const completionExample = `  # Beside kubectl-img on PATH
  kubectl img completion install

  # Elsewhere on PATH, where that directory is not yours
  kubectl img completion install --dir ~/bin`

// completionMark identifies a script that install has written.
const completionMark = "written by: kubectl img completion install"

func newCompletionCommand(p cli.Process) *cobra.Command {
	group := &cobra.Command{
		Use: "completion", Short: "Let kubectl complete the plugin's command line", Long: completionLong, Example: completionExample,
		Args: knownCommand, ValidArgsFunction: complete.Nothing,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	var dir string
	install := &cobra.Command{
		Use: "install [flags]", Short: "Write kubectl_complete-img, which kubectl asks", Long: completionLong, Example: completionExample, Args: noArguments,
		ValidArgsFunction: complete.Nothing,
		RunE:              func(*cobra.Command, []string) error { return installCompletion(p, dir) },
	}
	install.Flags().StringVar(&dir, "dir", "", "Directory `DIR` on PATH to write to (default the one of kubectl-img)")
	complete.Table{"dir": complete.Directories}.Register(install)
	group.AddCommand(install)
	return group
}

// completionScript returns the script that kubectl runs, and its name. It finds the plugin on PATH, as kubectl does, so it survives an upgrade.
func completionScript(system string) (name string, content []byte) {
	name = "kubectl_complete-img"
	if system == "windows" {
		return name + ".cmd", []byte("@rem " + completionMark + "\r\n@kubectl-img __complete %* 2>nul\r\n")
	}
	return name, []byte("#!/bin/sh\n# " + completionMark + "\nexec kubectl-img __complete \"$@\" 2>/dev/null\n")
}

func installCompletion(p cli.Process, dir string) error {
	if dir == "" {
		plugin, err := osexec.LookPath("kubectl-img")
		if err != nil {
			return cli.Usagef("find the plugin: %w", err).WithHint("kubectl img completion install --dir DIR, with a directory on PATH")
		}
		dir = filepath.Dir(plugin) // not where a link leads: krew's directories of versions are not on PATH
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return cli.Usagef("look at %s: %w", dir, err)
	}
	name, content := completionScript(runtime.GOOS)
	path := filepath.Join(dir, name)
	there, err := ourScript(path)
	if err != nil {
		return err
	}
	if !bytes.Equal(there, content) {
		if err := atomicwriter.WriteFile(path, content, 0o755); err != nil {
			return cli.Usagef("write %s: %w", path, underlying(err)).WithHint("kubectl img completion install --dir DIR, with a directory on PATH that is yours")
		}
	}
	if !slices.Contains(filepath.SplitList(os.Getenv("PATH")), dir) {
		_, _ = fmt.Fprintf(p.Streams.ErrOut, "warning: %s is not on PATH, where kubectl looks\n", dir)
	}
	_, err = fmt.Fprintf(p.Streams.Out, "%s completes kubectl img; delete it to undo this\n", path)
	return err
}

// ourScript returns the script that an earlier run has written, or nil.
func ourScript(path string) ([]byte, error) {
	info, err := os.Lstat(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	var content []byte
	if err == nil && info.Mode().IsRegular() {
		content, err = os.ReadFile(path)
	}
	switch {
	case err != nil:
		return nil, cli.Usagef("look at %s: %w", path, underlying(err))
	case !bytes.Contains(content, []byte(completionMark)):
		return nil, cli.Usagef("kubectl img did not write %s: leaving it as it is", path).WithHint("move it away, or --dir DIR")
	default:
		return content, nil
	}
}

// underlying returns an error of the file system without the path.
func underlying(err error) error {
	var path *os.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}
