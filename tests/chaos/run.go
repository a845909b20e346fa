package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/kubectl-img/kubectl-img/tests/cluster/registryproxy"
)

// do builds, causes the fault and judges the end.
func (l *lab) do(ctx context.Context, p plan) report {
	began := time.Now()
	rep := report{plan: p}
	r := &run{lab: l, plan: p, program: l.Plugin}
	defer r.cleanUp(ctx)
	if err := r.prepare(ctx); err != nil {
		rep.violations = []string{fmt.Sprintf("chaos itself: prepare: %v", err)}
		return rep
	}
	if err := r.build(ctx, &rep); err != nil {
		rep.violations = append(rep.violations, fmt.Sprintf("chaos itself: %v", err))
	}
	rep.violations = append(rep.violations, r.judge(ctx, rep)...)
	rep.took = time.Since(began)
	if len(rep.violations) > 0 {
		rep.dir = r.keep(ctx, rep)
	}
	return rep
}

// build starts the client and the fault, and waits for both.
func (r *run) build(ctx context.Context, rep *report) error {
	var err error
	if r.process, err = startProcess(ctx, r.program, r.env, r.args); err != nil {
		return err
	}
	ended := make(chan error, 1)
	limit := make(chan struct{})
	faultCtx, cancel := context.WithTimeout(ctx, 2*patience) // until the moment
	defer cancel()
	go func() {
		defer time.AfterFunc(r.want.within, func() { close(limit) })
		ended <- r.disturbAtMoment(faultCtx, rep)
	}()
	rep.outcome = r.process.end(limit)
	cancel()
	if err := <-ended; err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("cause the fault: %w", err)
	}
	return nil
}

// disturbAtMoment waits for the moment of the fault. A fault without disturb is there from the start.
func (r *run) disturbAtMoment(ctx context.Context, rep *report) error {
	if rep.disturbed = r.disturb == nil || r.process.await(ctx, r.when); !rep.disturbed || r.disturb == nil {
		return nil
	}
	return r.disturb(ctx, r)
}

func (r *run) prepare(ctx context.Context) error {
	ns, err := r.Client.CoreV1().Namespaces().Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: fmt.Sprintf("chaos-%d-", r.seed)}}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	r.ns, r.home = ns.Name, filepath.Join(r.Temp, ns.Name)
	for _, step := range []func() error{r.connect, func() error { return r.startProxy(ctx) }} {
		if err := step(); err != nil {
			return err
		}
	}
	r.env = r.environment(r.home, filepath.Join(r.home, "kubeconfig"))
	r.args = []string{
		"build", "-n", r.ns, "--name", podName, "-t", r.tag, "--detach-grace", r.grace.String(), "--request", "cpu=50m,memory=64Mi",
		"--profile", r.profile,
	}
	if r.proxy != nil {
		r.args = append(r.args, "--registry-ca", r.proxy.CAFile)
	}
	if r.set != nil {
		if err := r.set(r); err != nil {
			return err
		}
	}
	context := filepath.Join(r.home, "context")
	r.args = append(r.args, context)
	if err := r.write(context, filepath.Dir(filepath.Dir(r.tag))+"/busybox:1"); err != nil {
		return err
	}
	return r.serviceAccount(ctx)
}

// serviceAccount makes the service account that pods need: its controller may be slow after an outage.
func (r *run) serviceAccount(ctx context.Context) error {
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "default"}}
	return eventually(ctx, 20*time.Second, func() error {
		_, err := r.Client.CoreV1().ServiceAccounts(r.ns).Create(ctx, account, metav1.CreateOptions{})
		if apierrors.IsAlreadyExists(err) {
			return nil
		}
		return err
	})
}

// connect makes the link and a kubeconfig that leads through it.
func (r *run) connect() error {
	var err error
	if r.link, err = newLink(r.apiServer()); err != nil {
		return err
	}
	config, err := clientcmd.LoadFromFile(r.Kubeconfig)
	if err != nil {
		return err
	}
	address := r.link.Listen
	if r.detour {
		if r.bypass, err = newDetour(address); err != nil {
			return err
		}
		address = r.bypass.Addr().String()
	}
	for _, c := range config.Clusters {
		c.Server, c.TLSServerName = "https://"+address, r.NodeIP
	}
	return clientcmd.WriteToFile(*config, filepath.Join(r.home, "kubeconfig"))
}

func (r *run) startProxy(ctx context.Context) error {
	r.ref = r.Registry + "/chaos/" + r.ns
	r.tag = r.ref
	if !r.ownRegistry {
		return nil
	}
	var err error
	r.proxy, err = registryproxy.Start(ctx, registryproxy.Options{
		Name: "chaos", Address: net.JoinHostPort(r.HostIP, "0"), Registry: r.Registry, Transport: r.Registries, Dir: filepath.Join(r.home, "pki"), HTTP1: r.http1,
	})
	if err != nil {
		return err
	}
	r.tag = r.proxy.Host + "/chaos/" + r.ns
	return nil
}

func (r *run) cleanUp(ctx context.Context) {
	ctx = context.WithoutCancel(ctx)
	if r.link != nil {
		r.link.Stop()
	}
	if r.bypass != nil {
		_ = r.bypass.Close()
	}
	if r.proxy != nil {
		r.proxy.Close()
	}
	_ = os.RemoveAll(r.home)
	if r.ns != "" {
		_ = r.Client.CoreV1().Namespaces().Delete(ctx, r.ns, metav1.DeleteOptions{})
	}
}
