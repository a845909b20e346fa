package engine

import (
	"context"
	"crypto/tls"
	"net/http"
	"strings"
	"time"

	"github.com/containerd/containerd/v2/core/remotes/docker"
	"github.com/moby/buildkit/frontend"
	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/solver"
	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/buildkit/util/tracing"
	"github.com/moby/buildkit/worker"
	"github.com/moby/buildkit/worker/base"

	"github.com/kubectl-img/kubectl-img/images/builder/img/linked"
	"github.com/kubectl-img/kubectl-img/images/builder/img/shared"
)

// worker has BuildKit's file operations change trees of hard links: they replace files, and never write to one.
func (o Options) worker(w *base.Worker) worker.Worker {
	if len(o.Slots) == 0 {
		return w
	}
	return slotWorker{w, o.guard}
}

type slotWorker struct {
	*base.Worker
	guard *shared.Guard
}

// ResolveOp wraps operations.
func (w slotWorker) ResolveOp(v solver.Vertex, s frontend.FrontendLLBBridge, sessions *session.Manager, proxy worker.ProxyOpt) (solver.Op, error) {
	op, err := w.Worker.ResolveOp(v, s, sessions, proxy)
	definition, ok := v.Sys().(*pb.Op)
	switch {
	case err != nil || !ok:
	case definition.GetFile() != nil:
		return replacingOp{op}, nil
	case strings.HasPrefix(definition.GetSource().GetIdentifier(), "git://"):
		return lonelyOp{op, w.guard}, nil
	}
	return op, err
}

type replacingOp struct{ solver.Op }

// Exec runs the operation.
func (o replacingOp) Exec(ctx context.Context, job solver.JobContext, inputs []solver.Result) ([]solver.Result, error) {
	return o.Op.Exec(linked.Replacing(ctx), job, inputs)
}

// lonelyOp runs while no step does: git looks names up by itself.
type lonelyOp struct {
	solver.Op
	guard *shared.Guard
}

// CacheMap asks for the commit.
func (o lonelyOp) CacheMap(ctx context.Context, job solver.JobContext, index int) (m *solver.CacheMap, done bool, err error) {
	err = o.guard.Alone(ctx, func() (err error) {
		m, done, err = o.Op.CacheMap(ctx, job, index)
		return err
	})
	return m, done, err
}

// Exec fetches the commit.
func (o lonelyOp) Exec(ctx context.Context, job solver.JobContext, inputs []solver.Result) (results []solver.Result, err error) {
	err = o.guard.Alone(ctx, func() (err error) {
		results, err = o.Op.Exec(ctx, job, inputs)
		return err
	})
	return results, err
}

// guardNames has this process look up names as no build step has a say in: those of registries, of their token servers, and of ADD.
func (o *Options) guardNames() (err error) {
	if o.guard, err = shared.NewGuard(); err != nil {
		return err
	}
	if transport, ok := http.DefaultTransport.(*http.Transport); ok {
		transport.DialContext = o.guard.Dial
	}
	return nil
}

// guarded has requests to registries go through the guard.
func (o Options) guarded(hosts docker.RegistryHosts) docker.RegistryHosts {
	if o.guard == nil {
		return hosts
	}
	// As BuildKit's own one: HTTP/2 makes a push slow.
	transport := &http.Transport{
		Proxy: http.ProxyFromEnvironment, DialContext: o.guard.Dial,
		MaxIdleConns: 30, MaxIdleConnsPerHost: 4, IdleConnTimeout: 2 * time.Minute,
		TLSHandshakeTimeout: 10 * time.Second, ExpectContinueTimeout: 5 * time.Second,
		TLSNextProto: map[string]func(string, *tls.Conn) http.RoundTripper{},
	}
	client := &http.Client{Transport: tracing.NewTransport(transport)}
	return func(name string) ([]docker.RegistryHost, error) {
		all, err := hosts(name)
		for i := range all {
			if local, err := docker.MatchLocalhost(all[i].Host); err == nil && !local { // that one's client tries plain http, too
				all[i].Client = client
			}
		}
		return all, err
	}
}
