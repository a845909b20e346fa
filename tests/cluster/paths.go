package cluster

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/kubectl-img/kubectl-img/tests/cluster/dockerfile"
	"github.com/kubectl-img/kubectl-img/tests/cluster/machine"
)

// Environment variables: where the cluster keeps its files, and the number of the shared cluster. Checkouts with different numbers do not
// disturb each other.
const (
	envCache    = "KUBECTL_IMG_TESTS_CACHE"
	envState    = "KUBECTL_IMG_TESTS_STATE"
	envInstance = "KUBECTL_IMG_TESTS_INSTANCE"
	envNodes    = "KUBECTL_IMG_TESTS_NODES" // names, separated by commas
)

// Options change what Up starts. Up stops a running cluster that has other options.
type Options struct {
	Instance     int      // clusters with different numbers run side by side; 0 is the shared one
	KubeletFlags []string // appended to the kubelet's
	Runtime      string   // the program that containerd runs instead of runc
	Kubernetes   string   // an older release of which tests/skew has the module, such as 1.30.14; the newest if empty
	Nodes        []string // names of more nodes, virtual machines that machine.Names lists; by default those of the environment, for the shared cluster
}

// paths are the directories and names of a cluster. Every user must be able to traverse the parents of state: in a pod with a user namespace,
// root is an unprivileged user of the node.
type paths struct {
	instance
	root  string // the repository
	cache string // compiled programs and image layers, shared by all checkouts
	state string // the files of one cluster; pki and registries outlive Down

	machines []machine.Machine // the nodes beside the first
	foreign  foreign           // what a machine of another architecture needs
}

// foreign is what a node of another architecture needs. It is empty if there is none.
type foreign struct {
	arch    string
	bin     string // programs of a node and of the builder image
	sysroot string // the packages of the builder image
}

func newPaths(opts Options) (paths, error) {
	p := sharedPaths()
	if opts.Instance != 0 {
		p = pathsOf(opts.Instance)
	}
	var err error
	if p.root, err = FindRoot(); err != nil {
		return p, err
	}
	return p.withMachines(opts)
}

// withMachines adds the nodes that are virtual machines.
func (p paths) withMachines(opts Options) (paths, error) {
	names := opts.Nodes
	if env := os.Getenv(envNodes); len(names) == 0 && opts.Instance == 0 && env != "" {
		names = strings.Split(env, ",")
	}
	kinds, err := machine.Find(names)
	p.machines = nil
	for _, kind := range kinds {
		p.machines = append(p.machines, machine.Machine{
			Kind: kind, Base: kind.BaseDir(p.cache), Dir: p.in("machines", kind.Name),
			Nodes: strings.TrimSuffix(p.nodeIP, ".2"), Pods: strings.TrimSuffix(p.podCIDR, ".0.0/16"),
		})
	}
	return p, err
}

func (p paths) readDockerfile() (dockerfile.File, error) {
	data, err := os.ReadFile(filepath.Join(p.root, "images", "builder", "Dockerfile"))
	if err != nil {
		return dockerfile.File{}, fmt.Errorf("read builder image's Dockerfile: %w", err)
	}
	return dockerfile.Parse(string(data))
}

// pathsOf returns the paths without the repository, which only the start of a cluster needs.
func pathsOf(number int) paths {
	state := envOr(envState, "/var/lib/kubectl-img-tests")
	if number != 0 {
		state += "-" + strconv.Itoa(number)
	}
	return paths{instance: newInstance(number), cache: envOr(envCache, "/var/cache/kubectl-img"), state: state}
}

func sharedPaths() paths {
	number, err := strconv.Atoi(os.Getenv(envInstance))
	if err != nil {
		number = 0
	}
	return pathsOf(number)
}

func envOr(key, fallback string) string {
	if value := os.Getenv(key); value != "" {
		return filepath.Clean(value)
	}
	return fallback
}

// in returns a path below the state directory.
func (p paths) in(elem ...string) string {
	return filepath.Join(append([]string{p.state}, elem...)...)
}

// FindRoot returns the root of the repository that the working directory is in.
func FindRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find repository root: %w", err)
	}
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "images", "builder", "compile.sh")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("find repository root: no images/builder/compile.sh in any parent of the working directory")
		}
	}
}
