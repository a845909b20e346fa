// Package machine makes virtual machines that join the test cluster as nodes. They have Debian, its kernel with AppArmor and cgroup v2, and systemd.
// The processor is emulated, so that they need no KVM.
package machine

import (
	"fmt"
	"slices"
	"strings"
)

// Mount is where a machine mounts its own disk, which has everything that is different for each machine.
const Mount = "/node"

// KubeletDir is the kubelet's directory in every machine.
const KubeletDir = "/var/lib/kubelet"

// Kind is a kind of node. There is one machine of each kind.
type Kind struct {
	Name  string // of the node
	Suite string // Debian's release, which decides the kernel
	Arch  string // as Go and Debian call it
	CRIO  bool   // CRI-O runs its pods, and not containerd
	index int
}

var kinds = []Kind{
	{Name: "modern", Suite: "trixie", Arch: "amd64", index: 0},
	{Name: "old", Suite: "bookworm", Arch: "amd64", index: 1},
	{Name: "arm64", Suite: "trixie", Arch: "arm64", index: 2},
	{Name: "crio", Suite: "trixie", Arch: "amd64", CRIO: true, index: 3},
}

// Find returns the kinds with these names.
func Find(names []string) ([]Kind, error) {
	var found []Kind
	for _, name := range names {
		i := slices.IndexFunc(kinds, func(k Kind) bool { return k.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("node %q is none of %s", name, strings.Join(Names(), ", "))
		}
		found = append(found, kinds[i])
	}
	return found, nil
}

// Names are those of all kinds.
func Names() []string {
	var names []string
	for _, kind := range kinds {
		names = append(names, kind.Name)
	}
	return names
}

// Programs are the programs of the test cluster that run in the machine.
func (k Kind) Programs() []string {
	if k.CRIO {
		return []string{"crio", "pinns", "runc", "kubelet"}
	}
	return []string{"containerd", "containerd-shim-runc-v2", "ctr", "runc", "kubelet"}
}

// runtimePackage is Debian's package of a program that the container runtime needs beside our own, or empty.
func (k Kind) runtimePackage() string {
	if k.CRIO {
		return "conmon"
	}
	return ""
}

// Packages are the Debian packages of this machine that make and run machines of the kind.
func (k Kind) Packages() []string {
	qemu := "qemu-system-x86"
	if k.Arch == "arm64" {
		qemu = "qemu-system-arm"
	}
	return []string{"cpio", "debootstrap", "e2fsprogs", "kmod", qemu, "xz-utils"}
}
