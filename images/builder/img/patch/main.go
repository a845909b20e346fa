// patch makes the few changes to BuildKit that let it work where mount(2) is refused. It writes a changed copy of BuildKit's module to a directory,
// and a go.mod for go build -modfile that names it. It fails if BuildKit's text is not the one that it knows.
//
// With snapshot.WithoutMounts set,
//   - a read-only bind mount of a directory is the directory itself, as one that can be written to is already;
//   - a secret is a file in a directory, without a tmpfs of its own. The directory is in snapshot.Memory;
//   - git runs without unshare(2), with which BuildKit gives it an umask of 022. The process has that one anyhow.
//
// file.Untar unpacks archives for ADD. BuildKit's own function changes its root directory with unshare(2) and pivot_root(2).
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const module = "github.com/moby/buildkit"

// edit replaces a text that a file has once.
type edit struct{ file, old, text string }

var edits = []edit{
	{
		"snapshot/localmounter_linux.go", `ro := slices.Contains(lm.mounts[0].Options, "ro")`,
		`ro := !WithoutMounts && slices.Contains(lm.mounts[0].Options, "ro")`,
	},
	{
		"snapshot/localmounter_linux.go", "func (lm *localMounter) Mount() (string, error) {",
		"// WithoutMounts is set where mount(2) is refused. Memory is a directory for secrets then.\nvar (\n\tWithoutMounts bool\n\tMemory string\n)\n\nfunc (lm *localMounter) Mount() (string, error) {",
	},
	{"solver/llbsolver/mounts/secretmount_unix.go", `os.MkdirTemp("", "buildkit-secrets")`, `os.MkdirTemp(snapshot.Memory, "buildkit-secrets")`},
	{
		"solver/llbsolver/mounts/secretmount_unix.go", "if err := mount.All([]mount.Mount{tmpMount}, dir); err != nil {",
		"if snapshot.WithoutMounts {\n\t\t// The directory is where the secret is.\n\t} else if err := mount.All([]mount.Mount{tmpMount}, dir); err != nil {",
	},
	{
		"solver/llbsolver/mounts/secretmount_unix.go", "if err := mount.Unmount(dir, 0); err != nil {",
		"if err := mount.Unmount(dir, 0); err != nil && !snapshot.WithoutMounts {",
	},
	{
		"solver/llbsolver/mounts/secretmount_unix.go", "\"github.com/moby/buildkit/identity\"\n",
		"\"github.com/moby/buildkit/identity\"\n\t\"github.com/moby/buildkit/snapshot\"\n",
	},
	{
		"source/git/source_linux.go", "if err := syscall.Unshare(syscall.CLONE_FS); err != nil {",
		"if err := syscall.Unshare(syscall.CLONE_FS); err != nil && !snapshot.WithoutMounts {",
	},
	{"source/git/source_linux.go", "\t\"golang.org/x/sys/unix\"\n", "\t\"github.com/moby/buildkit/snapshot\"\n\t\"golang.org/x/sys/unix\"\n"},
	{"solver/llbsolver/file/unpack.go", "return true, chrootarchive.Untar(file, dest, opts)", "return true, Untar(file, dest, opts)"},
	{
		"solver/llbsolver/file/unpack.go", "func unpack(",
		"// Untar unpacks an archive to a directory.\nvar Untar = chrootarchive.Untar\n\nfunc unpack(",
	},
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: patch DIRECTORY")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "patch: "+err.Error())
		os.Exit(1)
	}
}

func run(dir string) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	source, err := download()
	if err != nil {
		return err
	}
	changed := filepath.Join(dir, "buildkit")
	if err := os.CopyFS(changed, os.DirFS(source)); err != nil {
		return err
	}
	if err := apply(changed); err != nil {
		return err
	}
	return writeModule(dir, changed)
}

// download returns the directory of the module in use, which a fresh machine does not have yet.
func download() (string, error) {
	answer, err := exec.CommandContext(context.Background(), "go", "mod", "download", "-json", module).Output()
	var found struct{ Dir, Error string }
	if jsonErr := json.Unmarshal(answer, &found); jsonErr != nil {
		return "", fmt.Errorf("download %s: %w", module, errors.Join(err, jsonErr))
	}
	if found.Dir == "" {
		return "", fmt.Errorf("download %s: %s", module, found.Error)
	}
	return found.Dir, nil
}

// writeModule writes this directory's go.mod and go.sum, with the changed copy.
func writeModule(dir, changed string) error {
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		return err
	}
	mod = fmt.Appendf(mod, "\nreplace %s => %s\n", module, changed)
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), mod, 0o644); err != nil {
		return err
	}
	sum, err := os.ReadFile("go.sum")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "go.sum"), sum, 0o644)
}

// apply changes a copy of BuildKit.
func apply(dir string) error {
	for _, e := range edits {
		file := filepath.Join(dir, e.file)
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if n := strings.Count(string(text), e.old); n != 1 {
			return fmt.Errorf("%s has %q %d times, want once", e.file, e.old, n)
		}
		if err := os.Remove(file); err != nil { // the copy is read-only, as the module cache is
			return err
		}
		if err := os.WriteFile(file, []byte(strings.Replace(string(text), e.old, e.text, 1)), 0o644); err != nil {
			return err
		}
	}
	return nil
}
