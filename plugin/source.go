package plugin

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubectl-img/kubectl-img/internal/buildcontext"
)

const fromStdin = "-"

// onePath refuses anything but one build context.
func onePath(_ *cobra.Command, args []string) error {
	const hint = "kubectl img build -t REGISTRY/NAME:TAG ."
	switch {
	case len(args) == 0:
		return usagef("no build context: want PATH or -").withHint(hint)
	case len(args) > 1:
		return usagef("want one build context, got %d: %s", len(args), strings.Join(args, " ")).withHint(hint)
	case args[0] == "":
		return usagef("the build context is empty: want PATH or -").withHint(hint)
	default:
		return nil
	}
}

// openContext opens what is built from; nothing is read of it but what must be checked now.
func (o *buildFlags) openContext(path string, p process) (*buildcontext.Context, error) {
	if isRemote(path) {
		// The URL stays out of the message: people put tokens there.
		return nil, usagef("the build context is a URL: want a directory, or - for a tar archive on stdin").
			withHint("git clone it and pass the directory, or: curl URL | kubectl img build -t NAME -")
	}
	if path == fromStdin && o.file == fromStdin {
		return nil, usagef("stdin can't be both the build context and the Dockerfile").withHint("pass one of them as a file")
	}
	source, err := o.readContext(path, p)
	switch {
	case errors.Is(err, buildcontext.ErrNoDockerfile):
		return nil, usagef("%w", err).withHint("-f FILE names another Dockerfile")
	case err != nil:
		return nil, usagef("%w", err)
	default:
		return source, nil
	}
}

func (o *buildFlags) readContext(path string, p process) (*buildcontext.Context, error) {
	if path == fromStdin {
		return buildcontext.FromTar(p.streams.In, o.file)
	}
	return buildcontext.FromDir(path, o.file, p.streams.In)
}

// isRemote knows what docker takes for a URL.
func isRemote(path string) bool {
	for _, prefix := range []string{"http://", "https://", "git://", "ssh://", "git@", "github.com/"} {
		if strings.HasPrefix(path, prefix) {
			return true
		}
	}
	return false
}
