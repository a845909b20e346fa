package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"
)

// run is one build that is harmed.
type run struct {
	*lab
	plan
	ns      string
	dir     string
	ref     string // as the registry itself is asked for it
	tag     string // as the client is told: through the gate, where there is one
	program string
	args    []string
	env     []string
	link    *link
	detour  *detour
	gate    *gate
	client  *client
}

const podName = "build"

// do plans nothing any more: it builds, harms and judges.
func (l *lab) do(ctx context.Context, p plan) report {
	began := time.Now()
	rep := report{plan: p}
	r := &run{lab: l, plan: p, program: l.plugin}
	defer r.close(ctx)
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

// build runs the client and the harm to their ends.
func (r *run) build(ctx context.Context, rep *report) error {
	var err error
	if r.client, err = startClient(ctx, r.program, r.env, r.args); err != nil {
		return err
	}
	harm := make(chan error, 1)
	limit := make(chan struct{})
	harmCtx, cancel := context.WithTimeout(ctx, 2*patience) // for the moment to come
	defer cancel()
	go func() {
		defer time.AfterFunc(r.want.within, func() { close(limit) })
		harm <- r.doHarm(harmCtx, rep)
	}()
	rep.outcome = r.client.end(limit)
	cancel()
	if err := <-harm; err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("do harm: %w", err)
	}
	return nil
}

// doHarm waits for the moment. A harm without one has been there from the start.
func (r *run) doHarm(ctx context.Context, rep *report) error {
	if rep.harmed = r.harm == nil || r.client.await(ctx, r.when); !rep.harmed || r.harm == nil {
		return nil
	}
	return r.harm(ctx, r)
}

func (r *run) prepare(ctx context.Context) error {
	ns, err := r.lab.client.CoreV1().Namespaces().Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: fmt.Sprintf("chaos-%d-", r.seed)}}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	r.ns, r.dir = ns.Name, filepath.Join(r.lab.dir, ns.Name)
	for _, step := range []func() error{r.connect, r.openGate} {
		if err := step(); err != nil {
			return err
		}
	}
	r.env = r.environment(r.dir, filepath.Join(r.dir, "kubeconfig"))
	r.args = []string{
		"build", "-n", r.ns, "--name", podName, "-t", r.tag, "--detach-grace", r.grace.String(), "--request", "cpu=50m,memory=64Mi",
		"--profile", "unconfined",
	}
	if r.gate != nil {
		r.args = append(r.args, "--registry-ca", r.gateCA())
	}
	if r.set != nil {
		if err := r.set(r); err != nil {
			return err
		}
	}
	context := filepath.Join(r.dir, "context")
	r.args = append(r.args, context)
	if err := r.write(context, filepath.Dir(filepath.Dir(r.tag))+"/busybox:1"); err != nil {
		return err
	}
	return r.serviceAccount(ctx)
}

// serviceAccount is what pods are admitted with. The controller that makes it may be slow to come back from an outage.
func (r *run) serviceAccount(ctx context.Context) error {
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "default"}}
	return eventually(ctx, 20*time.Second, func() error {
		_, err := r.lab.client.CoreV1().ServiceAccounts(r.ns).Create(ctx, account, metav1.CreateOptions{})
		if apierrors.IsAlreadyExists(err) {
			return nil
		}
		return err
	})
}

// connect lays the link and writes a kubeconfig that leads through it.
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
	if r.turns {
		if r.detour, err = newDetour(address); err != nil {
			return err
		}
		address = r.detour.Addr().String()
	}
	for _, c := range config.Clusters {
		c.Server, c.TLSServerName = "https://"+address, r.NodeIP
	}
	return clientcmd.WriteToFile(*config, filepath.Join(r.dir, "kubeconfig"))
}

func (r *run) apiServer() string { return r.NodeIP + ":443" }

func (r *run) openGate() error {
	r.ref = r.Registry + "/chaos/" + r.ns
	r.tag = r.ref
	if !r.gated {
		return nil
	}
	var err error
	r.gate, err = r.newGate(r.http1)
	r.tag = r.gate.host + "/chaos/" + r.ns
	return err
}

func (r *run) close(ctx context.Context) {
	ctx = context.WithoutCancel(ctx)
	if r.link != nil {
		r.link.Stop()
	}
	if r.detour != nil {
		_ = r.detour.Close()
	}
	if r.gate != nil {
		r.gate.kill()
	}
	_ = os.RemoveAll(r.dir)
	if r.ns != "" {
		_ = r.lab.client.CoreV1().Namespaces().Delete(ctx, r.ns, metav1.DeleteOptions{})
	}
}
