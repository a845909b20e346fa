package steps

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"syscall"

	"github.com/containerd/continuity/fs"
	"github.com/moby/buildkit/executor"

	"github.com/kubectl-img/kubectl-img/images/builder/img/linked"
	"github.com/kubectl-img/kubectl-img/images/builder/img/tree"
)

// step is one run of an executor.
type step struct {
	ctx     context.Context //nolint:containedctx // it lives as long as the call
	process executor.ProcessInfo
	started func()      // says that the process is about to start
	dir     string      // of the snapshot that the step changes
	lazy    linked.Lazy // the snapshot has no tree yet, if set
	mounts  []*source
	args    []executor.Mount
	closers []func() error
}

// filledFrom is the directory of the tree that the step starts with.
func (s *step) filledFrom() string {
	if s.lazy.Parent != "" {
		return s.lazy.Parent
	}
	return s.dir
}

// open finds the directories of the root file system and the mounts.
func (s *step) open(root executor.Mount, mounts []executor.Mount) error {
	bare := linked.Bare(s.ctx, func(lazy linked.Lazy) { s.lazy = lazy })
	dir, err := s.source(bare, root)
	if err != nil {
		return err
	}
	s.dir, s.args = dir.path, mounts
	for _, m := range mounts {
		src, err := s.source(linked.Replacing(s.ctx), m)
		if err != nil {
			return fmt.Errorf("mount %s: %w", m.Dest, err)
		}
		s.mounts = append(s.mounts, src)
	}
	return nil
}

func (s *step) release() error {
	var errs []error
	for _, closer := range slices.Backward(s.closers) {
		errs = append(errs, closer())
	}
	s.closers = nil
	return errors.Join(errs...)
}

// written are the directories that the step's mounts write to.
func (s *step) written() []string {
	var dirs []string
	for _, m := range s.mounts {
		if !m.readonly && !m.temporary {
			dirs = append(dirs, m.path)
		}
	}
	return dirs
}

// link makes the snapshot's tree, while the step runs.
func (s *step) link() <-chan error {
	done := make(chan error, 1)
	if s.lazy.Parent == "" {
		done <- nil
		return done
	}
	go func() { done <- linked.Link(s.dir, s.lazy.Parent) }()
	return done
}

// inDirectory calls with a directory of ours open.
func inDirectory(path string, call func(dir int) error) error {
	dir, err := tree.OpenPath(path)
	if err != nil {
		return err
	}
	defer syscall.Close(dir)
	return call(dir)
}

// source is what a step's mount shows.
type source struct {
	dest      string
	path      string // of the directory or file
	temporary bool   // a tmpfs, which has none
	readonly  bool
}

// source asks BuildKit for a mount's source.
func (s *step) source(ctx context.Context, m executor.Mount) (*source, error) {
	mountable, err := m.Src.Mount(ctx, m.Readonly)
	if err != nil {
		return nil, err
	}
	mounts, release, err := mountable.Mount()
	if err != nil {
		return nil, err
	}
	if release != nil {
		s.closers = append(s.closers, release)
	}
	if len(mounts) != 1 {
		return nil, fmt.Errorf("%d mounts for one place", len(mounts))
	}
	src := &source{dest: path.Join("/", m.Dest), readonly: m.Readonly || slices.Contains(mounts[0].Options, "ro")}
	switch mounts[0].Type {
	case "tmpfs":
		src.temporary = true
		return src, nil
	case "bind", "rbind":
	default:
		return nil, fmt.Errorf("mount of type %s", mounts[0].Type)
	}
	src.path, err = fs.RootPath(mounts[0].Source, path.Join("/", m.Selector))
	return src, err
}
