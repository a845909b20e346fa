// Package runc is what BuildKit runs as runc: it fits a container's configuration to the pod, runs the real one, and ends what a build step
// has left behind.
package runc

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/kubectl-img/kubectl-img/images/builder/img/namespace"
)

// name is this program's as runc.
const name = "runc"

// IsFront reports whether this program was started as runc.
func IsFront() bool { return filepath.Base(os.Args[0]) == name }

// Link makes a link to this program in a directory, and returns its path. As runc it keeps what it knows of containers there, too.
func Link(dir string) (string, error) {
	program, err := os.Executable()
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o711); err != nil {
		return "", err
	}
	link := filepath.Join(dir, name)
	if err := os.Remove(link); err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", err
	}
	return link, os.Symlink(program, link)
}

// Main runs the real runc with this program's arguments, and returns its exit code.
func Main() int {
	code, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "runc: "+err.Error())
		return 1
	}
	return code
}

func run(args []string) (int, error) {
	program, err := find()
	if err != nil {
		return 0, err
	}
	args = append([]string{"--root", filepath.Join(filepath.Dir(os.Args[0]), "containers")}, args...)
	if bundle := option(args, "--bundle", "-b"); bundle != "" {
		if err := fitBundle(bundle); err != nil {
			return 0, err
		}
	}
	at := slices.Index(args, "run")
	if at < 0 {
		return 0, fmt.Errorf("run %s: %w", program, unix.Exec(program, append([]string{program}, args...), os.Environ()))
	}
	pidFile := filepath.Join(option(args, "--bundle", "-b"), "pid")
	args = slices.Insert(args, at+1, "--pid-file", pidFile)
	// What a step without a pid namespace has left behind becomes a child of this process when runc has ended.
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return 0, err
	}
	return supervise(program, args, pidFile)
}

// find looks for the real runc: the first on PATH that is another file than this program.
func find() (string, error) {
	program, err := os.Stat("/proc/self/exe")
	if err != nil {
		return "", err
	}
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		path := filepath.Join(dir, name)
		info, err := os.Stat(path)
		if err == nil && !os.SameFile(info, program) && info.Mode()&0o111 != 0 {
			return path, nil
		}
	}
	return "", errors.New("no runc on PATH")
}

func fitBundle(bundle string) error {
	file := filepath.Join(bundle, "config.json")
	config, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	fitted, err := fit(config, !namespace.OneID())
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return os.WriteFile(file, fitted, 0o600)
}
