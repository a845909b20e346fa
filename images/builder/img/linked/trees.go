package linked

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/containerd/containerd/v2/core/snapshots/storage"
	"golang.org/x/sys/unix"

	"github.com/kubectl-img/kubectl-img/images/builder/img/tree"
)

// Lazy is a snapshot whose tree has not been made: the directory is empty.
type Lazy struct {
	Dir    string
	Parent string // directory of the parent's tree, or "" if the snapshot has none
}

type (
	bareKey    struct{}
	replaceKey struct{}
)

// Bare returns a context in which Mounts makes no tree if there is none yet, and calls with where it is to be made. For whoever links it and
// replaces files by itself.
func Bare(ctx context.Context, call func(Lazy)) context.Context {
	return context.WithValue(ctx, bareKey{}, call)
}

// Offer tells whoever asked with Bare of a snapshot without a tree. It reports whether somebody did.
func Offer(ctx context.Context, lazy Lazy) bool {
	call, asked := ctx.Value(bareKey{}).(func(Lazy))
	if asked {
		call(lazy)
	}
	return asked
}

// Replacing returns a context in which Mounts gives a tree with hard links to whoever replaces files and never writes to them. Everybody else gets
// copies, which Commit compares with the parent's files.
func Replacing(ctx context.Context) context.Context {
	return context.WithValue(ctx, replaceKey{}, true)
}

// extraction is in the keys of snapshots that BuildKit applies a layer to. Our applier replaces files.
const extraction = "/extract-"

func mkdir(dir string) error {
	// A tree's root has mode 0755 unless something else is said. The directory above lets nobody in.
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	return os.Chmod(dir, 0o755)
}

// copied marks a snapshot that has copies of its parent's files.
func (s *Snapshotter) copied(id string) string {
	return filepath.Join(s.root, "snapshots", id+".copied")
}

// materialize makes the tree of an active snapshot, if it is not there.
func (s *Snapshotter) materialize(ctx context.Context, key string, snapshot storage.Snapshot) error {
	dir, parent := s.dir(snapshot.ID), ""
	if len(snapshot.ParentIDs) > 0 {
		parent = s.dir(snapshot.ParentIDs[0])
	}
	err := mkdir(dir)
	if errors.Is(err, os.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if Offer(ctx, Lazy{dir, parent}) {
		return nil
	}
	if parent == "" {
		return nil
	}
	if ctx.Value(replaceKey{}) != nil || strings.Contains(key, extraction) {
		return Link(dir, parent)
	}
	if err := os.WriteFile(s.copied(snapshot.ID), nil, 0o600); err != nil {
		return err
	}
	return inTrees(dir, parent, func(to, from int) error {
		m, err := tree.NewMirror(to)
		if err != nil {
			return err
		}
		return m.Fill(ctx, from)
	})
}

// Link makes a tree in an empty directory of hard links to another tree's files.
func Link(dir, parent string) error { return inTrees(dir, parent, tree.Link) }

// finish makes what a snapshot lacks that is to be committed: a tree if nobody has mounted it, and hard links for copies of its parent's files.
func (s *Snapshotter) finish(ctx context.Context, snapshot storage.Snapshot) error {
	if err := s.materialize(Replacing(ctx), "", snapshot); err != nil {
		return err
	}
	err := os.Remove(s.copied(snapshot.ID))
	if errors.Is(err, os.ErrNotExist) || len(snapshot.ParentIDs) == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	return inTrees(s.dir(snapshot.ID), s.dir(snapshot.ParentIDs[0]), tree.Relink)
}

func inTrees(a, b string, call func(a, b int) error) error {
	first, err := tree.OpenPath(a)
	if err != nil {
		return err
	}
	defer unix.Close(first)
	second, err := tree.OpenPath(b)
	if err != nil {
		return err
	}
	defer unix.Close(second)
	return call(first, second)
}

// Snapshotter keeps snapshots below a directory.
type Snapshotter struct {
	root string
	meta *storage.MetaStore
}

func (s *Snapshotter) dir(id string) string { return filepath.Join(s.root, "snapshots", id) }
