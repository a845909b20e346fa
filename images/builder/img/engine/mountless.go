//go:build slots

package engine

import (
	"github.com/moby/buildkit/snapshot"
	"github.com/moby/buildkit/solver/llbsolver/file"

	"github.com/kubectl-img/kubectl-img/images/builder/img/linked"
)

// Mountless reports whether BuildKit was changed so that it needs no mount(2), as the directory patch says.
const Mountless = true

// withoutMounts has BuildKit mount nothing, and keep secrets below memory.
func withoutMounts(memory string) {
	snapshot.WithoutMounts, snapshot.Memory = true, memory
	file.Untar = linked.Untar
}
