package engine

import (
	resolverconfig "github.com/moby/buildkit/util/resolver/config"
	bolt "go.etcd.io/bbolt"

	"github.com/kubectl-img/kubectl-img/images/builder/img/shared"
)

// Options is what an engine is opened with.
type Options struct {
	StateDir   string            // ours is its sub-directory "buildkit"
	Ephemeral  bool              // nobody needs the state after the machine has crashed
	Backend    string            // overlayfs, native, or auto
	Runtime    string            // a program that is called as runc
	ProcessBox bool              // build steps have a pid namespace of their own
	Slots      []string          // containers that build steps run in, by name. If there are any, nothing is mounted, and Backend and Runtime have no use
	RuntimeDir string            // for what must not outlive the pod: secrets while a step has them, and the keys of slots
	Contexts   map[string]string // directories that a build may copy from, by name
	Frontends  Frontends         // that a # syntax= line may name
	Registries map[string]resolverconfig.RegistryConfig
	guard      *shared.Guard
}

// database returns the options of our databases. A build makes hundreds of changes, and each is flushed to the disk unless the state is ephemeral.
func (o Options) database() *bolt.Options {
	return &bolt.Options{FreelistType: bolt.FreelistMapType, NoFreelistSync: true, NoSync: o.Ephemeral}
}
