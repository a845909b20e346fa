package plugin

import (
	"context"
	"fmt"

	"github.com/sirupsen/logrus"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/client-go/rest"

	"github.com/kubectl-img/kubectl-img/exec"
	"github.com/kubectl-img/kubectl-img/internal/builder"
	"github.com/kubectl-img/kubectl-img/internal/session"
	"github.com/kubectl-img/kubectl-img/podspec"
)

// connection is a run's way to the cluster.
type connection struct {
	process
	config *rest.Config
	api    *builder.API
	log    *logrus.Logger
	clock  *serverClock
	run    session.Runner // in place of an exec, for tests
}

// enter connects to the cluster, and returns the namespace that kubectl would use; mode says how much is logged.
func (p process) enter(config genericclioptions.RESTClientGetter, mode *Plan) (*connection, string, error) {
	namespace, _, err := config.ToRawKubeConfigLoader().Namespace()
	if err != nil {
		return nil, "", err
	}
	c, err := p.connect(config, newLogger(mode, p.streams.ErrOut))
	return c, namespace, err
}

// connect reads the kubeconfig; nothing is asked of the cluster.
func (p process) connect(config genericclioptions.RESTClientGetter, log *logrus.Logger) (*connection, error) {
	c := &connection{process: p, log: log, clock: &serverClock{}}
	read, err := config.ToRESTConfig()
	if err != nil {
		return nil, fmt.Errorf("read kubeconfig: %w", err)
	}
	c.config = read
	asking := rest.CopyConfig(read)
	asking.QPS, asking.Burst = 50, 300 // as kubectl
	asking.Wrap(c.clock.watch)
	if c.api, err = builder.NewAPI(asking, c.unanswered); err != nil {
		return nil, fmt.Errorf("read kubeconfig: %w", err)
	}
	return c, nil
}

func (c *connection) unanswered(err error) { c.log.Warnf("%s; trying again", unanswered(err)) }

func (c *connection) disconnected(err error) {
	c.log.Warnf("lost the connection to the builder pod, resuming: %v", err)
}

// runner runs commands where a builder pod builds.
func (c *connection) runner(namespace, pod string) session.Runner {
	if c.run != nil {
		return c.run
	}
	return exec.Container{Config: c.config, Client: c.api.Client(), Namespace: namespace, Pod: pod, Name: podspec.Container}.Run
}

// ours selects builder pods.
func ours() string {
	return labels.Set{podspec.LabelManagedBy: podspec.ManagedBy, podspec.LabelComponent: podspec.Component}.String()
}

// find returns the builder pod of a name.
func (c *connection) find(ctx context.Context, namespace, name string) (*corev1.Pod, error) {
	pod, err := c.api.Get(ctx, namespace, name)
	if err != nil {
		return nil, err
	}
	if pod.Labels[podspec.LabelManagedBy] != podspec.ManagedBy || pod.Labels[podspec.LabelComponent] != podspec.Component {
		return nil, usagef("pod %s/%s is no builder pod", namespace, name).withHint("kubectl img ls -n " + namespace)
	}
	return pod, nil
}
