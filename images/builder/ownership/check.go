package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// probeName is the argument of the process with which check tries the emulation.
const probeName = "ownership-probe"

// check returns an error that names what this program needs, and a directory or the kernel lacks.
func check(dir string) error {
	work, err := os.MkdirTemp(dir, "check-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	layers := map[string]string{}
	for _, name := range []string{"lower", "upper", "work", "merged"} {
		layers[name] = filepath.Join(work, name)
		if err := os.Mkdir(layers[name], 0o755); err != nil {
			return err
		}
	}
	file := filepath.Join(layers["lower"], "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		return err
	}
	if err := unix.Setxattr(file, attribute, owner{uid: 1, gid: 2}.encode(), 0); err != nil {
		return fmt.Errorf("the file system of %s keeps no attributes of users (user.*), in which owners are remembered: %w", dir, err)
	}
	options := "lowerdir=" + layers["lower"] + ",upperdir=" + layers["upper"] + ",workdir=" + layers["work"] + ",userxattr"
	if err := unix.Mount("overlay", layers["merged"], "overlay", 0, options); err != nil {
		return fmt.Errorf("overlayfs can't be mounted in a user namespace, which takes Linux 5.11: %w", err)
	}
	defer unix.Unmount(layers["merged"], unix.MNT_DETACH)
	// In another process, because a filter can't be removed.
	out, err := exec.CommandContext(context.Background(), "/proc/self/exe", "/proc/self/exe", probeName, filepath.Join(layers["merged"], "file")).CombinedOutput()
	if err != nil {
		return fmt.Errorf("owners can't be emulated: %s", firstLine(out, err))
	}
	return nil
}

// firstLine returns the first reason that was printed.
func firstLine(out []byte, err error) string {
	line, _, _ := strings.Cut(strings.TrimPrefix(string(out), "ownership: "), "\n")
	if line != "" {
		return line
	}
	return err.Error()
}

// probe reads a kept owner and changes it, as build steps do.
func probe(file string) error {
	var before, after unix.Stat_t
	if err := errors.Join(unix.Stat(file, &before), unix.Chown(file, 3, 4), unix.Stat(file, &after)); err != nil {
		return err
	}
	if before.Uid != 1 || before.Gid != 2 || after.Uid != 3 || after.Gid != 4 {
		return fmt.Errorf("a file of 1:2 shows %d:%d, and after a change to 3:4 it shows %d:%d", before.Uid, before.Gid, after.Uid, after.Gid)
	}
	return nil
}
