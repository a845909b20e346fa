package buildflags

import (
	"cmp"
	"errors"
	"io/fs"
	"net/url"
	"strings"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/kubectl-img/kubectl-img/internal/build"
	"github.com/kubectl-img/kubectl-img/internal/buildcontext"
	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/internal/dockerfile"
)

const fromStdin = "-"

// OnePath checks that the arguments are one build context.
func OnePath(_ *cobra.Command, args []string) error {
	const hint = "kubectl img build -t REGISTRY/NAME:TAG ."
	switch {
	case len(args) == 0:
		return cli.Usagef("no build context: want PATH, URL or -").WithHint(hint)
	case len(args) > 1:
		return cli.Usagef("want one build context, got %d: %s", len(args), strings.Join(args, " ")).WithHint(hint)
	case args[0] == "":
		return cli.Usagef("the build context is empty: want PATH, URL or -").WithHint(hint)
	default:
		return nil
	}
}

// openContext opens the build context. It reads no more than must be checked now.
func (f *imageFlags) openContext(plan *build.Plan) (*buildcontext.Context, error) {
	path := f.path
	if isRemote(path) {
		return f.openRemote(plan, path)
	}
	if path == fromStdin && f.file == fromStdin {
		return nil, cli.Usagef("stdin can't be both the build context and the Dockerfile").WithHint("pass one of them as a file")
	}
	source, err := f.readContext(path)
	if f.file != fromStdin {
		plan.File = f.file
	}
	switch {
	case errors.Is(err, buildcontext.ErrNoDockerfile):
		return nil, cli.Usagef("%w", err).WithHint("-f FILE names another Dockerfile")
	case err != nil:
		return nil, cli.Usagef("%w", err)
	case dockerfile.IsCompose(source.Dockerfile()):
		return nil, cli.Usagef("%s is a compose file, not a Dockerfile", cmp.Or(f.file, "Dockerfile")).WithHint("-f FILE, with the Dockerfile of one service")
	default:
		return source, nil
	}
}

// openRemote leaves the context to the engine. The URL stays out of errors: people put tokens there.
func (f *imageFlags) openRemote(plan *build.Plan, address string) (*buildcontext.Context, error) {
	if err := checkURL(address); err != nil {
		return nil, cli.Usagef("the build context's URL %w", err)
	}
	switch {
	case f.file == fromStdin:
		return nil, cli.Usagef("%s: the Dockerfile must be in the context that the URL names", f.source("file"))
	case f.file != "" && !fs.ValidPath(f.file):
		return nil, f.invalid("file", f.file, errors.New("want a path within the context that the URL names"))
	}
	plan.Build.Remote, plan.Build.Dockerfile = address, f.file
	return buildcontext.Remote(), nil
}

// checkURL returns what is wrong with a URL that the engine fetches from. It completes "the URL ", and does not repeat the URL.
func checkURL(address string) error {
	switch u, err := url.Parse(address); {
	case strings.ContainsFunc(address, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }):
		return errors.New("has a space or a control character")
	case strings.HasPrefix(address, "git@") || strings.HasPrefix(address, "github.com/"): // no URLs, but docker takes them
		return nil
	case err != nil || u.Host == "":
		return errors.New("is not valid")
	case u.User != nil && (u.Scheme != "ssh" || hasPassword(u)):
		return cli.WithHint(errors.New("has a login, which the log would show"), "leave it out, and give the token with --secret id=GIT_AUTH_TOKEN,env=NAME")
	default:
		return nil
	}
}

func hasPassword(u *url.URL) bool {
	_, has := u.User.Password()
	return has
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
