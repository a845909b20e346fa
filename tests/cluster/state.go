package cluster

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
)

// ErrNotRunning means that there is no cluster to load.
var ErrNotRunning = errors.New("no cluster is running")

// Cluster is a running cluster, as its state file describes it.
type Cluster struct {
	Instance int

	Dir        string // state directory
	Bin        string // kubectl and the cluster's programs
	Kubeconfig string // of a member of system:masters
	NodeIP     string // API server, kubelet and registries listen here; pods reach it too
	HostIP     string // where pods reach servers of this machine

	Nodes []string // names of the nodes; the first has the registries and the API server

	Registry     string // host:port, open
	AuthRegistry string // host:port, requires AuthUser and AuthPassword
	AuthUser     string
	AuthPassword string
	CAFile       string // the authority that signed all certificates
	CABundle     string // that authority and the system's

	BuilderImage      string // references in Registry; this one is what the Dockerfile makes, and it trusts the registries
	GCRImage          string // the same with docker-credential-gcr
	LegacyImage       string // like those of 2019: the profile userns can't map its range of ids
	LegacySetuidImage string // its newuidmap can't map anything

	Fingerprint string // of options and programs
	Process     process
}

// Load returns the shared cluster, instance zero unless the environment names another, or ErrNotRunning.
func Load() (*Cluster, error) {
	return sharedPaths().load()
}

func (p paths) load() (*Cluster, error) {
	data, err := os.ReadFile(p.in("cluster.json"))
	if errors.Is(err, os.ErrNotExist) {
		return nil, ErrNotRunning
	}
	if err != nil {
		return nil, fmt.Errorf("load cluster: %w", err)
	}
	c := &Cluster{}
	if err := json.Unmarshal(data, c); err != nil {
		return nil, fmt.Errorf("load cluster: %w", err)
	}
	if !c.Process.alive() {
		return nil, ErrNotRunning
	}
	return c, nil
}

func (p paths) save(c *Cluster) error {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(c); err != nil {
		return err
	}
	// Load does not take the lock, so it must never find half a file.
	temporary := p.in("cluster.json.new")
	if err := writeFile(temporary, out.Bytes(), 0o600); err != nil {
		return err
	}
	return os.Rename(temporary, p.in("cluster.json"))
}
