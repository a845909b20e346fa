package cluster

import (
	"context"
	"crypto/x509/pkix"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/kubectl-img/kubectl-img/tests/cluster/cache"
	"github.com/kubectl-img/kubectl-img/tests/cluster/machine"
	"github.com/kubectl-img/kubectl-img/tests/cluster/pki"
	"github.com/kubectl-img/kubectl-img/tests/cluster/program"
)

// nodeTaint is on every node but the first, so that only pods that tolerate it run there.
const nodeTaint = "kubectl-img-tests"

// nodeNames are the names of all nodes.
func (p paths) nodeNames() []string {
	names := []string{nodeName}
	for _, m := range p.machines {
		names = append(names, m.Name)
	}
	return names
}

// makeBases makes the disks that the machines start with, unless the cache has them.
func (p paths) makeBases(ctx context.Context, log *progress) error {
	for _, m := range p.machines {
		if err := installPackages(ctx, m.Packages(), log); err != nil {
			return err
		}
		if cache.Exists(m.Base) {
			continue
		}
		if err := log.step("make disk of node "+m.Name, func() error { return m.MakeBase(ctx, p.cache) }); err != nil {
			return err
		}
	}
	return nil
}

// prepareMachine writes the machine's own disk: the programs of a node, their configuration and a certificate.
func (p paths) prepareMachine(ctx context.Context, m machine.Machine, bin string) error {
	ca, err := pki.Load(p.in("pki"), "kubectl-img test authority")
	if err != nil {
		return err
	}
	certificate := "kubelet-" + m.Name
	user := pkix.Name{CommonName: "system:node:" + m.Name, Organization: []string{"system:nodes"}}
	if err := ca.Server(certificate, user, m.Address()); err != nil {
		return err
	}
	copies := map[string]string{
		p.in("pki", certificate+".crt"): "pki/kubelet.crt", p.in("pki", certificate+".key"): "pki/kubelet.key", p.in("pki", "ca.crt"): "pki/ca.crt",
		p.in("resolv.conf"): "resolv.conf",
	}
	for _, name := range m.Programs() {
		copies[filepath.Join(p.programsOf(m, bin), name)] = "bin/" + name
	}
	for from, to := range copies {
		to = filepath.Join(m.Tree(), to)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		if err := program.Run(exec.CommandContext(ctx, "cp", "-L", from, to)); err != nil {
			return err
		}
	}
	if err := p.writeMachineConfigs(m); err != nil {
		return err
	}
	return m.WriteDisk(ctx)
}

// writeMachineConfigs writes the first node's files for a machine, which has another address and systemd.
func (p paths) writeMachineConfigs(m machine.Machine) error {
	tree, err := filepath.Rel(p.state, m.Tree())
	if err != nil {
		return err
	}
	with := p.settings(filepath.Join(machine.Mount, "bin"))
	with.Socket = m.Socket()
	with.State, with.NodeIP, with.PodCIDR, with.Cgroup, with.Taint, with.User = machine.Mount, m.Address(), m.PodCIDR(), "", nodeTaint, "kubelet"
	// The first node is where the API server is.
	api := with
	api.NodeIP = p.nodeIP
	files := []configFile{
		{"kubelet.yaml", "kubelet.yaml", with},
		{"cni/10-pods.conflist", "cni.conflist", with},
		{"kubelet.kubeconfig", "kubeconfig", api},
	}
	if m.CRIO {
		files = append(files, configFile{"crio.conf", "crio.conf", with}, configFile{"policy.json", "policy.json", nil})
	} else {
		files = append(files, configFile{"containerd.toml", "containerd.toml", with})
	}
	for _, host := range []string{p.openRegistry(), p.authRegistry()} {
		registry := with
		registry.Host = host
		files = append(files, configFile{"certs.d/" + host + "/hosts.toml", "hosts.toml", registry})
	}
	for _, file := range files {
		file.name = filepath.Join(tree, file.name)
		if err := p.writeConfig(file); err != nil {
			return fmt.Errorf("write %s: %w", file.name, err)
		}
	}
	return nil
}
