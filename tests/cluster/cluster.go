package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/kubectl-img/kubectl-img/tests/cluster/cache"
)

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
	if err := p.makeBases(ctx, log); err != nil {
		return nil, err
	}
	bin, err := p.compileTools(ctx, p.tools(opts.Kubernetes), log)
	if err != nil {
		return nil, err
	}
	if p.foreign, err = p.makeForeign(ctx, builder, log); err != nil {
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
		Nodes:       p.nodeNames(),
		Fingerprint: p.fingerprint(bin, opts),
	}
}

// fingerprint changes if a running cluster has to be restarted.
func (p paths) fingerprint(bin string, opts Options) string {
	key := cache.NewKey(bin, p.foreign.bin, configKey(), opts.Runtime) // a machine's command names its disk in the cache
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
		{"write configuration", func() error { return p.prepare(ctx, c.Bin, opts) }},
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

// prepare writes everything that the components read.
func (p paths) prepare(ctx context.Context, bin string, opts Options) error {
	for _, dir := range []string{p.state, p.in("containerd", "root"), p.in("containerd", "state"), p.in("kubelet"), p.in("log")} {
		if err := cache.MakeTraversable(dir); err != nil {
			return err
		}
	}
	if err := p.writeCertificates(); err != nil {
		return err
	}
	if err := p.writeConfigs(bin, opts); err != nil {
		return err
	}
	for _, m := range p.machines {
		if err := p.prepareMachine(ctx, m, bin); err != nil {
			return fmt.Errorf("prepare node %s: %w", m.Name, err)
		}
	}
	return nil
}
