package cluster

import (
	"bytes"
	"embed"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/template"

	"golang.org/x/crypto/bcrypt"

	"github.com/kubectl-img/kubectl-img/tests/cluster/cache"
)

//go:embed config
var configs embed.FS

// seccompProfile is the file name of the builder's seccomp profile below the kubelet's directory, and a pod's localhostProfile.
const seccompProfile = "kubectl-img.json"

// settings are the values that the files in config refer to.
type settings struct {
	State, Bin, Runtime, Node, NodeIP, PodCIDR, DNS, Registry string
	Socket                                                    string // of the container runtime

	// Cgroup is the parent of all cgroups of the first node. It is empty for a machine, where systemd makes them; a machine has the taint instead.
	Cgroup, Taint string

	// These are different in each file.
	Name, Host, User, Password string
}

func (p paths) settings(bin string) settings {
	return settings{
		State: p.state, Bin: bin, Runtime: filepath.Join(bin, "runc"), Node: nodeName, NodeIP: p.nodeIP, PodCIDR: p.firstPodCIDR(), DNS: dnsIP,
		Cgroup: p.cgroup, Registry: p.openRegistry(), Socket: p.in("containerd.sock"),
	}
}

// writeConfigs writes every configuration file of the cluster's components.
func (p paths) writeConfigs(bin string, opts Options) error {
	common := p.settings(bin)
	if opts.Runtime != "" {
		common.Runtime = opts.Runtime
	}
	files := []configFile{
		{"containerd.toml", "containerd.toml", common},
		{"kubelet.yaml", "kubelet.yaml", common},
		{"cni/10-pods.conflist", "cni.conflist", common},
		{"init.sh", "init.sh", nil},
		{"audit.yaml", "audit.yaml", nil},
	}
	for _, user := range []string{"admin", "controller-manager", "kubelet", "scheduler"} {
		with := common
		with.User = user
		files = append(files, configFile{user + ".kubeconfig", "kubeconfig", with})
	}
	for _, registry := range []settings{
		{Name: "registry", Host: p.openRegistry()},
		{Name: "auth-registry", Host: p.authRegistry(), Password: authPassword},
	} {
		registry.State = p.state
		files = append(files,
			configFile{registry.Name + ".yml", "registry.yml", registry},
			configFile{"certs.d/" + registry.Host + "/hosts.toml", "hosts.toml", registry})
	}
	for _, file := range files {
		if err := p.writeConfig(file); err != nil {
			return fmt.Errorf("write %s: %w", file.name, err)
		}
	}
	return p.writeRest(opts)
}

// configFile is a file below the state directory, and the file below config that it is made from. Without data it is a copy.
type configFile struct {
	name, source string
	data         any
}

func (p paths) writeConfig(file configFile) error {
	text, err := configs.ReadFile("config/" + file.source)
	if err != nil {
		return err
	}
	if file.data != nil {
		parsed, err := template.New(file.source).Option("missingkey=error").Parse(string(text))
		if err != nil {
			return err
		}
		var out bytes.Buffer
		if err := parsed.Execute(&out, file.data); err != nil {
			return err
		}
		text = out.Bytes()
	}
	return writeFile(p.in(file.name), text, 0o644)
}

// writeRest writes the files that have no template: the registry's password, the resolver's configuration, the components' commands.
func (p paths) writeRest(opts Options) error {
	hash, err := bcrypt.GenerateFromPassword([]byte(authPassword), bcrypt.MinCost)
	if err != nil {
		return err
	}
	if err := writeFile(p.in("htpasswd"), []byte(authUser+":"+string(hash)+"\n"), 0o600); err != nil {
		return err
	}
	if err := writeFile(p.in("resolv.conf"), []byte("nameserver "+dnsIP+"\n"), 0o644); err != nil {
		return err
	}
	for _, component := range p.components(opts) {
		if err := writeFile(p.in("commands", component.name), []byte(strings.Join(component.command, "\n")+"\n"), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// installProfile gives the kubelet the builder's seccomp profile. A running cluster gets it, too.
func (p paths) installProfile() error {
	profile, err := os.ReadFile(filepath.Join(p.root, "deploy", "seccomp", seccompProfile))
	if err != nil {
		return fmt.Errorf("install seccomp profile: %w", err)
	}
	return writeFile(p.in("kubelet", "seccomp", seccompProfile), profile, 0o644)
}

// configKey changes with every file below config.
func configKey() string {
	key := cache.NewKey()
	entries, err := configs.ReadDir("config")
	for _, entry := range entries {
		data, _ := configs.ReadFile("config/" + entry.Name()) // an embedded file is always readable
		key.Text(entry.Name(), string(data))
	}
	return key.Text(fmt.Sprint(err)).String()
}

// writeFile also creates the directories of the path.
func writeFile(path string, data []byte, mode os.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, data, mode)
}
