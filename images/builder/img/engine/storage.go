package engine

import (
	"path/filepath"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/diff"
	"github.com/containerd/containerd/v2/core/diff/apply"
	"github.com/containerd/containerd/v2/core/snapshots"
	"github.com/containerd/containerd/v2/plugins/diff/walking"
	"github.com/containerd/containerd/v2/plugins/snapshots/native"
	"github.com/containerd/containerd/v2/plugins/snapshots/overlay"
	"github.com/moby/buildkit/executor"
	"github.com/moby/buildkit/executor/oci"
	"github.com/moby/buildkit/executor/resources"
	"github.com/moby/buildkit/executor/runcexecutor"
	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/buildkit/util/network"

	"github.com/kubectl-img/kubectl-img/images/builder/img/linked"
	"github.com/kubectl-img/kubectl-img/images/builder/img/steps"
)

// storage keeps the snapshots, and unpacks and writes layers.
type storage struct {
	snapshots.Snapshotter
	name    string // that BuildKit knows it by
	root    string // of all that the worker keeps
	applier func(content.Store) diff.Applier
	differ  func(content.Store) diff.Comparer
}

// storage opens the snapshots of a state directory. Those that need no mount(2) have a directory of their own: their files must never be written to.
func (o Options) storage(root string) (*storage, error) {
	if len(o.Slots) > 0 {
		withoutMounts(o.RuntimeDir)
		root = filepath.Join(root, "slots")
		s, err := linked.New(filepath.Join(root, "snapshots"))
		return &storage{
			s, "native", root,
			func(store content.Store) diff.Applier { return linked.Applier{Store: store} },
			func(store content.Store) diff.Comparer { return linked.Differ{Store: store} },
		}, err
	}
	s := &storage{
		applier: func(store content.Store) diff.Applier { return apply.NewFileSystemApplier(store) },
		differ:  func(store content.Store) diff.Comparer { return walking.NewWalkingDiff(store) },
	}
	var err error
	s.name, s.root = "overlayfs", filepath.Join(root, "runc-overlayfs")
	if o.Backend != "native" {
		s.Snapshotter, err = overlay.NewSnapshotter(filepath.Join(s.root, "snapshots"), overlay.AsynchronousRemove)
		if err == nil || o.Backend == "overlayfs" {
			return s, err
		}
	}
	s.name, s.root = "native", filepath.Join(root, "runc-native")
	s.Snapshotter, err = native.NewSnapshotter(filepath.Join(s.root, "snapshots"))
	return s, err
}

// executor runs build steps: in slots, or with runc.
func (o Options) executor(root string, networks map[pb.NetMode]network.Provider, monitor *resources.Monitor) (executor.Executor, error) {
	if len(o.Slots) > 0 {
		return steps.New(o.Slots, SlotKeys(o.RuntimeDir), o.guard), nil
	}
	mode := oci.NoProcessSandbox
	if o.ProcessBox {
		mode = oci.ProcessSandbox
	}
	return runcexecutor.New(runcexecutor.Opt{
		Root: filepath.Join(root, "executor"), CommandCandidates: []string{o.Runtime}, Rootless: true, ProcessMode: mode, ResourceMonitor: monitor,
	}, networks)
}

// SlotKeys is the directory of the keys that this pod's engines have given the agents of slots.
func SlotKeys(runtimeDir string) string { return filepath.Join(runtimeDir, "slot-keys") }
