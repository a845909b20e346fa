package cluster

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/kubectl-img/kubectl-img/tests/cluster/cache"
)

// seccompProfile is the file name of the builder's seccomp profile below the kubelet's directory, and a pod's localhostProfile.
const seccompProfile = "kubectl-img.json"

// ErrNotRunning means that there is no cluster to load.
var ErrNotRunning = errors.New("no cluster is running")

// Options change what Up starts. Up stops a running cluster that has other options.
type Options struct {
	Instance     int      // clusters with different numbers run side by side; 0 is the shared one
	KubeletFlags []string // appended to the kubelet's
	Runtime      string   // the program that containerd runs instead of runc
}

// Cluster is a running cluster, as its state file describes it.
type Cluster struct {
	Instance int

	Dir        string // state directory
	Bin        string // kubectl and the cluster's programs
	Kubeconfig string // of a member of system:masters
	NodeIP     string // API server, kubelet and registries listen here; pods reach it too
	HostIP     string // where pods reach servers of this machine

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

// Up returns the running cluster, or starts one after it has removed the remains of an earlier one. It prints each step to log.
func Up(ctx context.Context, opts Options, log io.Writer) (*Cluster, error) {
	if err := supported(); err != nil {
		return nil, err
	}
	p, err := newPaths(opts)
	if err != nil {
		return nil, err
	}
	for _, dir := range []string{p.cache, p.state} {
		unlock, err := lock(ctx, dir)
		if err != nil {
			return nil, err
		}
		defer unlock()
	}
	return p.up(ctx, opts, newProgress(log))
}

func (p paths) up(ctx context.Context, opts Options, log *progress) (*Cluster, error) {
	builder, err := p.readDockerfile()
	if err != nil {
		return nil, err
	}
	if err := installPackages(ctx, slices.Concat(nodePackages(), builder.Packages()), log); err != nil {
		return nil, err
	}
	bin, err := p.compileTools(ctx, log)
	if err != nil {
		return nil, err
	}
	c := p.describe(bin, opts)
	if running, err := p.load(); err == nil && running.Fingerprint == c.Fingerprint && running.healthy(ctx) {
		c = running
	} else if err := p.start(ctx, c, opts, log); err != nil {
		return nil, errors.Join(err, p.down(context.WithoutCancel(ctx)))
	}
	if err := p.installProfile(); err != nil {
		return nil, err
	}
	if err := p.publish(ctx, c, builder, log); err != nil {
		return nil, err
	}
	return c, p.save(c)
}

// describe returns everything that is known before the start.
func (p paths) describe(bin string, opts Options) *Cluster {
	return &Cluster{
		Instance: p.number, Dir: p.state, Bin: bin, Kubeconfig: p.in("admin.kubeconfig"), NodeIP: p.nodeIP, HostIP: p.hostIP,
		Registry: p.openRegistry(), AuthRegistry: p.authRegistry(), AuthUser: authUser, AuthPassword: authPassword,
		CAFile: p.in("pki", "ca.crt"), CABundle: p.in("pki", "ca-bundle.crt"),
		Fingerprint: p.fingerprint(bin, opts),
	}
}

// fingerprint changes if a running cluster has to be restarted.
func (p paths) fingerprint(bin string, opts Options) string {
	key := cache.NewKey(bin, configKey(), opts.Runtime)
	for _, component := range p.components(opts) {
		key.Text(component.command...)
	}
	return key.String()
}

// start removes the remains of an earlier cluster and starts a new one.
func (p paths) start(ctx context.Context, c *Cluster, opts Options, log *progress) error {
	steps := []struct {
		what string
		do   func() error
	}{
		{"clean up", func() error { return errors.Join(p.down(ctx), p.trimRegistries()) }},
		{"write configuration", func() error { return p.prepare(c.Bin, opts) }},
		{"start processes", func() (err error) {
			c.Process, err = p.spawn(ctx, c.Bin, opts)
			return errors.Join(err, p.save(c))
		}},
		{"wait for API server", func() error { return c.waitForAPI(ctx) }},
		{"wait for node", func() error { return c.waitForNode(ctx) }},
	}
	for _, step := range steps {
		if err := log.step(step.what, step.do); err != nil {
			return err
		}
	}
	return nil
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

// prepare writes everything that the components read.
func (p paths) prepare(bin string, opts Options) error {
	for _, dir := range []string{p.state, p.in("containerd", "root"), p.in("containerd", "state"), p.in("kubelet"), p.in("log")} {
		if err := cache.MakeTraversable(dir); err != nil {
			return err
		}
	}
	if err := p.writeCertificates(); err != nil {
		return err
	}
	return p.writeConfigs(bin, opts)
}
