package program

import (
	"context"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// Compile builds a package in the module of a directory, with flags of go build. There is no cgo without -race, which needs it.
func Compile(ctx context.Context, dir, pkg, binary string, flags ...string) error {
	cmd := exec.CommandContext(ctx, "go", slices.Concat([]string{"build", "-o", binary}, flags, []string{pkg})...)
	cmd.Dir = dir
	if !slices.Contains(flags, "-race") {
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	}
	return Run(cmd)
}

// CompilePlugin builds the plugin of a repository.
func CompilePlugin(ctx context.Context, root, binary string, flags ...string) error {
	return Compile(ctx, root, "./cmd/kubectl-img", binary, flags...)
}

// Tool returns the path of a program that a module below tools of the repository pins, and compiles it where it is missing.
func Tool(ctx context.Context, root, module, command string) (string, error) {
	cmd := exec.CommandContext(ctx, "tools/tool.sh", module, command)
	cmd.Dir = root
	path, err := Output(cmd)
	return strings.TrimSpace(path), err
}
