package cluster

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kubectl-img/kubectl-img/tests/cluster/cache"
)

// hierarchies are the roots of the cgroup file systems: one with cgroup v2, one for each controller with v1.
func hierarchies() []string {
	const mount = "/sys/fs/cgroup"
	if cache.Exists(filepath.Join(mount, "cgroup.procs")) {
		return []string{mount}
	}
	roots, _ := filepath.Glob(mount + "/*/cgroup.procs")
	for i := range roots {
		roots[i] = filepath.Dir(roots[i])
	}
	return roots
}

// joinCgroups makes the cluster's cgroup in every hierarchy and moves the process into a child of it. The kubelet makes other children.
func (p paths) joinCgroups(pid int) error {
	for _, root := range hierarchies() {
		group := filepath.Join(root, p.cgroup)
		leaf := filepath.Join(group, "system")
		for _, dir := range []string{group, leaf} {
			if err := os.MkdirAll(dir, 0o755); err != nil {
				return err
			}
			if err := inheritCPUs(dir); err != nil {
				return err
			}
		}
		if err := os.WriteFile(filepath.Join(leaf, "cgroup.procs"), []byte(strconv.Itoa(pid)), 0); err != nil {
			return err
		}
	}
	return nil
}

// inheritCPUs copies the parent's processors and memory nodes: with cgroup v1 a new cgroup has none and accepts no process.
func inheritCPUs(dir string) error {
	for _, name := range []string{"cpuset.cpus", "cpuset.mems"} {
		parent, err := os.ReadFile(filepath.Join(filepath.Dir(dir), name))
		if errors.Is(err, os.ErrNotExist) || cache.Exists(filepath.Join(dir, "cgroup.controllers")) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name), parent, 0); err != nil {
			return err
		}
	}
	return nil
}

// removeCgroups removes the cluster's cgroups, children first. It waits, because the kernel needs a moment after the last process has ended.
func (p paths) removeCgroups(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	return poll(ctx, 50*time.Millisecond, func() error {
		var err error
		for _, dir := range p.cgroups() {
			killMembers(dir)
			err = errors.Join(err, os.Remove(dir))
		}
		return err
	})
}

// killMembers kills the processes that still run in a cgroup of the cluster: the state file that names process 1 may be lost.
func killMembers(dir string) {
	data, _ := os.ReadFile(filepath.Join(dir, "cgroup.procs"))
	for field := range strings.FieldsSeq(string(data)) {
		if pid, err := strconv.Atoi(field); err == nil && pid > 1 {
			if member, err := os.FindProcess(pid); err == nil {
				_ = member.Kill()
			}
		}
	}
}

// cgroups lists the cluster's cgroups, children first.
func (p paths) cgroups() []string {
	var dirs []string
	for _, root := range hierarchies() {
		_ = filepath.WalkDir(filepath.Join(root, p.cgroup), func(path string, entry fs.DirEntry, err error) error {
			if err == nil && entry.IsDir() {
				dirs = append(dirs, path)
			}
			return nil // a cgroup that is gone is no error
		})
	}
	slices.Reverse(dirs)
	return dirs
}
