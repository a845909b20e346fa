package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/kubectl-img/kubectl-img/tests/cluster"
)

// lab is what all runs share.
type lab struct {
	*cluster.Cluster
	client      kubernetes.Interface
	registry    http.RoundTripper
	dir         string
	plugin      string
	clockPlugin func() (string, error) // one whose clock can be wrong: see clock.go
	certificate tls.Certificate
	full        string // a registry on a full disk
	closers     []func()
}

func newLab(ctx context.Context, plugin string, log io.Writer) (*lab, error) {
	c, err := cluster.Up(ctx, cluster.Options{}, log)
	if err != nil {
		return nil, err
	}
	l := &lab{Cluster: c, plugin: plugin}
	if l.dir, err = os.MkdirTemp("", "kubectl-img-chaos-"); err != nil {
		return nil, err
	}
	l.clockPlugin = sync.OnceValues(func() (string, error) { return l.compileClock(ctx) })
	for _, step := range []func(context.Context) error{l.connect, l.compile, l.certify, l.fill} {
		if err := step(ctx); err != nil {
			l.close()
			return nil, err
		}
	}
	return l, nil
}

func (l *lab) connect(context.Context) error {
	var err error
	if l.registry, err = l.Transport(); err != nil {
		return err
	}
	config, err := clientcmd.BuildConfigFromFlags("", l.Kubeconfig)
	if err != nil {
		return err
	}
	config.QPS, config.Burst = 200, 400
	l.client, err = kubernetes.NewForConfig(config)
	return err
}

// compile builds the plugin with the race detector, unless there is one to test.
func (l *lab) compile(ctx context.Context) error {
	if l.plugin != "" {
		var err error
		l.plugin, err = filepath.Abs(l.plugin)
		return err
	}
	l.plugin = filepath.Join(l.dir, "kubectl-img")
	return build(ctx, l.plugin, "-race")
}

func build(ctx context.Context, binary string, flags ...string) error {
	args := append([]string{"build", "-o", binary}, flags...)
	cmd := exec.CommandContext(ctx, "go", append(args, "github.com/kubectl-img/kubectl-img/cmd/kubectl-img")...)
	cmd.Dir = filepath.Join("..") // the plugin's own module decides on its dependencies
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", cmd, err, out)
	}
	return nil
}

func (l *lab) onClose(f func()) { l.closers = append(l.closers, f) }

// close keeps nothing but the directories of runs with violations, which are elsewhere.
func (l *lab) close() {
	for _, f := range l.closers {
		f()
	}
	_ = os.RemoveAll(l.dir)
}
