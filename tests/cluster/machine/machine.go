package machine

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/kubectl-img/kubectl-img/tests/cluster/program"
)

// Machine is a virtual machine of a cluster.
type Machine struct {
	Kind
	Base string // the kind's kernel, initramfs and disk
	Dir  string // where its files are on this machine
	// The first three numbers of the cluster's addresses and the first two of those of its pods.
	Nodes, Pods string
}

// Address is the machine's.
func (m Machine) Address() string { return fmt.Sprintf("%s.%d", m.Nodes, 4*m.index+6) }

// Socket is that of the container runtime in the machine.
func (m Machine) Socket() string {
	if m.CRIO {
		return Mount + "/crio.sock"
	}
	return Mount + "/containerd.sock"
}

// gateway is the cluster's end of the link to the machine.
func (m Machine) gateway() string { return fmt.Sprintf("%s.%d", m.Nodes, 4*m.index+5) }

// PodCIDR has the addresses of the machine's pods, in the upper half of the cluster's.
func (m Machine) PodCIDR() string { return fmt.Sprintf("%s.%d.0/20", m.Pods, 128+16*m.index) }

// Command runs the machine until it is shut down. What the machine writes to its own disk is there again when it is started again.
func (m Machine) Command() []string {
	// Linux on amd64 changes its own code while its other processors run. QEMU emulates that wrongly where each processor has a thread of its own:
	// some starts end in a kernel panic with "Oops: int3".
	command := []string{"qemu-system-x86_64", "-machine", "q35", "-cpu", "max", "-accel", "tcg,thread=single"}
	console := "ttyS0"
	if m.Arch == "arm64" {
		command = []string{"qemu-system-aarch64", "-machine", "virt", "-cpu", "max,pauth-impdef=on", "-accel", "tcg,thread=multi"}
		console = "ttyAMA0"
	}
	return append(command,
		"-smp", "2", "-m", "3G", "-display", "none", "-monitor", "none", "-no-reboot",
		"-kernel", filepath.Join(m.Base, "kernel"), "-initrd", filepath.Join(m.Base, "initramfs"),
		"-append", "console="+console+" quiet panic=-1 net.ifnames=0 systemd.show_status=false",
		"-drive", "file="+filepath.Join(m.Base, "disk")+",format=raw,if=virtio,cache=unsafe,snapshot=on",
		"-drive", "file="+m.disk()+",format=raw,if=virtio,cache=unsafe",
		"-netdev", "tap,id=net,ifname="+m.Name+",script="+m.linkScript()+",downscript=no", "-device", "virtio-net-pci,netdev=net",
		"-serial", "file:"+filepath.Join(m.Dir, "console"),
	)
}

func (m Machine) disk() string       { return filepath.Join(m.Dir, "disk") }
func (m Machine) linkScript() string { return filepath.Join(m.Dir, "link.sh") }

// Tree is the directory whose content becomes that of the machine's own disk.
func (m Machine) Tree() string { return filepath.Join(m.Dir, "tree") }

// WriteDisk writes the disk, and the script that connects the machine with the cluster.
func (m Machine) WriteDisk(ctx context.Context) error {
	if err := m.writeScripts(); err != nil {
		return err
	}
	for _, dir := range []string{"kubelet", "containerd/root", "containerd/state"} {
		if err := os.MkdirAll(filepath.Join(m.Tree(), dir), 0o755); err != nil {
			return err
		}
	}
	if err := program.Run(exec.CommandContext(ctx, "mke2fs", "-q", "-t", "ext4", "-d", m.Tree(), m.disk(), "12G")); err != nil {
		return err
	}
	return os.RemoveAll(m.Tree())
}

// writeScripts writes what QEMU runs on this side of the link, and what systemd runs in the machine.
func (m Machine) writeScripts() error {
	for path, lines := range map[string][]string{
		m.linkScript(): {
			"#!/bin/sh -eu",
			fmt.Sprintf(`ip address add %s/30 dev "$1"`, m.gateway()),
			`ip link set "$1" up`,
			fmt.Sprintf("ip route add %s via %s", m.PodCIDR(), m.Address()),
			"echo 1 >/proc/sys/net/ipv4/ip_forward",
		},
		filepath.Join(m.Tree(), "network.sh"): {
			"hostname " + m.Name,
			"ip link set lo up",
			fmt.Sprintf("ip address add %s/30 dev eth0", m.Address()),
			"ip link set eth0 up",
			"ip route add default via " + m.gateway(),
			"echo 1 >/proc/sys/net/ipv4/ip_forward",
		},
		filepath.Join(m.Tree(), "kubelet.sh"): {
			fmt.Sprintf("exec kubelet --kubeconfig=%s/kubelet.kubeconfig --config=%[1]s/kubelet.yaml --hostname-override=%s --node-ip=%s --root-dir=%s --cert-dir=%[1]s/kubelet-pki",
				Mount, m.Name, m.Address(), KubeletDir),
		},
	} {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o755); err != nil {
			return err
		}
	}
	return nil
}
