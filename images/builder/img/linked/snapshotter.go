// Package linked is a snapshotter that needs no mount(2): a snapshot is a directory with the whole tree, in which files that are the parent's are hard
// links to the parent's. The files of a tree are never written to, only replaced.
package linked

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/containerd/containerd/v2/core/mount"
	"github.com/containerd/containerd/v2/core/snapshots"
	"github.com/containerd/containerd/v2/core/snapshots/storage"
	"golang.org/x/sys/unix"

	"github.com/kubectl-img/kubectl-img/images/builder/img/tree"
)

// New opens the snapshots of a directory.
func New(root string) (*Snapshotter, error) {
	if err := os.MkdirAll(filepath.Join(root, "snapshots"), 0o700); err != nil {
		return nil, err
	}
	meta, err := storage.NewMetaStore(filepath.Join(root, "metadata.db"))
	return &Snapshotter{root, meta}, err
}

// Stat returns what is known of a snapshot.
func (s *Snapshotter) Stat(ctx context.Context, key string) (info snapshots.Info, err error) {
	err = s.meta.WithTransaction(ctx, false, func(ctx context.Context) (err error) {
		_, info, _, err = storage.GetInfo(ctx, key)
		return err
	})
	return info, err
}

// Update changes a snapshot's labels.
func (s *Snapshotter) Update(ctx context.Context, info snapshots.Info, fields ...string) (_ snapshots.Info, err error) {
	err = s.meta.WithTransaction(ctx, true, func(ctx context.Context) (err error) {
		info, err = storage.UpdateInfo(ctx, info, fields...)
		return err
	})
	return info, err
}

// Usage returns what a snapshot takes on the disk beside its parent.
func (s *Snapshotter) Usage(ctx context.Context, key string) (usage snapshots.Usage, err error) {
	var info snapshots.Info
	err = s.meta.WithTransaction(ctx, false, func(ctx context.Context) (err error) {
		_, info, usage, err = storage.GetInfo(ctx, key)
		return err
	})
	if err != nil || info.Kind != snapshots.KindActive {
		return usage, err
	}
	snapshot, err := s.get(ctx, key)
	if err != nil {
		return usage, err
	}
	return s.usage(snapshot)
}

func (s *Snapshotter) usage(snapshot storage.Snapshot) (usage snapshots.Usage, err error) {
	upper, err := tree.OpenPath(s.dir(snapshot.ID))
	if errors.Is(err, os.ErrNotExist) { // nobody has mounted it yet
		return usage, nil
	}
	if err != nil {
		return usage, err
	}
	defer unix.Close(upper)
	lower := -1
	if len(snapshot.ParentIDs) > 0 {
		if lower, err = tree.OpenPath(s.dir(snapshot.ParentIDs[0])); err != nil {
			return usage, err
		}
		defer unix.Close(lower)
	}
	usage.Size, usage.Inodes, err = tree.Usage(lower, upper)
	return usage, err
}

// Prepare names a snapshot that can be changed. Its tree is made when it is mounted.
func (s *Snapshotter) Prepare(ctx context.Context, key, parent string, opts ...snapshots.Opt) ([]mount.Mount, error) {
	snapshot, err := s.create(ctx, snapshots.KindActive, key, parent, opts)
	if err != nil {
		return nil, err
	}
	return s.mounts(snapshot), nil
}

// View names a snapshot that is its parent's tree.
func (s *Snapshotter) View(ctx context.Context, key, parent string, opts ...snapshots.Opt) ([]mount.Mount, error) {
	snapshot, err := s.create(ctx, snapshots.KindView, key, parent, opts)
	if err != nil {
		return nil, err
	}
	if parent == "" {
		err = mkdir(s.dir(snapshot.ID))
	}
	return s.mounts(snapshot), err
}

func (s *Snapshotter) create(ctx context.Context, kind snapshots.Kind, key, parent string, opts []snapshots.Opt) (snapshot storage.Snapshot, err error) {
	err = s.meta.WithTransaction(ctx, true, func(ctx context.Context) (err error) {
		snapshot, err = storage.CreateSnapshot(ctx, kind, key, parent, opts...)
		return err
	})
	return snapshot, err
}

// mounts is what LocalMounter takes for a directory that is there.
func (s *Snapshotter) mounts(snapshot storage.Snapshot) []mount.Mount {
	id, mode := snapshot.ID, "rw"
	if snapshot.Kind == snapshots.KindView && len(snapshot.ParentIDs) > 0 {
		id = snapshot.ParentIDs[0]
	}
	if snapshot.Kind != snapshots.KindActive {
		mode = "ro"
	}
	return []mount.Mount{{Type: "bind", Source: s.dir(id), Options: []string{"rbind", mode}}}
}

// Mounts makes the snapshot's tree, unless the context has Bare.
func (s *Snapshotter) Mounts(ctx context.Context, key string) ([]mount.Mount, error) {
	snapshot, err := s.get(ctx, key)
	if err != nil {
		return nil, err
	}
	if snapshot.Kind == snapshots.KindActive {
		if err := s.materialize(ctx, key, snapshot); err != nil {
			return nil, fmt.Errorf("make tree of snapshot: %w", err)
		}
	}
	return s.mounts(snapshot), nil
}

func (s *Snapshotter) get(ctx context.Context, key string) (snapshot storage.Snapshot, err error) {
	err = s.meta.WithTransaction(ctx, false, func(ctx context.Context) (err error) {
		snapshot, err = storage.GetSnapshot(ctx, key)
		return err
	})
	return snapshot, err
}

// Commit makes a snapshot one that does not change any more.
func (s *Snapshotter) Commit(ctx context.Context, name, key string, opts ...snapshots.Opt) error {
	snapshot, err := s.get(ctx, key)
	if err != nil {
		return err
	}
	if err := s.finish(ctx, snapshot); err != nil {
		return fmt.Errorf("complete tree of snapshot: %w", err)
	}
	usage, err := s.usage(snapshot)
	if err != nil {
		return err
	}
	return s.meta.WithTransaction(ctx, true, func(ctx context.Context) error {
		_, err := storage.CommitActive(ctx, key, name, usage, opts...)
		return err
	})
}

// Remove removes a snapshot.
func (s *Snapshotter) Remove(ctx context.Context, key string) error {
	var dir string
	err := s.meta.WithTransaction(ctx, true, func(ctx context.Context) error {
		id, _, err := storage.Remove(ctx, key)
		dir = s.dir(id)
		return err
	})
	if err != nil {
		return err
	}
	return os.RemoveAll(dir)
}

// Walk calls with each snapshot.
func (s *Snapshotter) Walk(ctx context.Context, call snapshots.WalkFunc, filters ...string) error {
	return s.meta.WithTransaction(ctx, false, func(ctx context.Context) error { return storage.WalkInfo(ctx, call, filters...) })
}

// Close closes the database.
func (s *Snapshotter) Close() error { return s.meta.Close() }
