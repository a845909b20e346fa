package buildflags

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubectl-img/kubectl-img/internal/buildcontext"
	"github.com/kubectl-img/kubectl-img/internal/cli"
)

const fromStdin = "-"

// OnePath checks that the arguments are one build context.
func OnePath(_ *cobra.Command, args []string) error {
	const hint = "kubectl img build -t REGISTRY/NAME:TAG ."
	switch {
	case len(args) == 0:
		return cli.Usagef("no build context: want PATH or -").WithHint(hint)
	case len(args) > 1:
		return cli.Usagef("want one build context, got %d: %s", len(args), strings.Join(args, " ")).WithHint(hint)
	case args[0] == "":
		return cli.Usagef("the build context is empty: want PATH or -").WithHint(hint)
	default:
		return nil
	}
}

// openContext opens the build context. It reads no more than must be checked now.
func (f *imageFlags) openContext(path string) (*buildcontext.Context, error) {
	if isRemote(path) {
		// The URL stays out of the message: people put tokens there.
		return nil, cli.Usagef("the build context is a URL: want a directory, or - for a tar archive on stdin").
			WithHint("git clone it and pass the directory, or: curl URL | kubectl img build -t NAME -")
	}
	if path == fromStdin && f.file == fromStdin {
		return nil, cli.Usagef("stdin can't be both the build context and the Dockerfile").WithHint("pass one of them as a file")
	}
	source, err := f.readContext(path)
	switch {
	case errors.Is(err, buildcontext.ErrNoDockerfile):
		return nil, cli.Usagef("%w", err).WithHint("-f FILE names another Dockerfile")
	case err != nil:
		return nil, cli.Usagef("%w", err)
	default:
		return source, nil
	}
}

func (f *imageFlags) readContext(path string) (*buildcontext.Context, error) {
	stdin := f.proc.Streams.In
	if path == fromStdin {
		return buildcontext.FromTar(stdin, f.file)
	}
	return buildcontext.FromDir(path, f.file, stdin)
}

// isRemote reports whether docker takes a path for a URL.
func isRemote(path string) bool {
	for _, prefix := range []string{"http://", "https://", "git://", "ssh://", "git@", "github.com/"} {
		if strings.HasPrefix(path, prefix) {
			return true
		}
	}
	return false
}
