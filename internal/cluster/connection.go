// Package cluster is a run's connection to its cluster.
package cluster

import (
	"context"
	"fmt"
	"io"

	"github.com/sirupsen/logrus"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/client-go/rest"

	"github.com/kubectl-img/kubectl-img/exec"
	"github.com/kubectl-img/kubectl-img/internal/builder"
	"github.com/kubectl-img/kubectl-img/internal/explain"
	"github.com/kubectl-img/kubectl-img/internal/session"
	"github.com/kubectl-img/kubectl-img/podspec"
)

// Connection is a way to the API server, and to the containers behind it.
type Connection struct {
	Config *rest.Config
	API    *builder.API
	Log    *logrus.Logger
	Clock  *Clock

	Exec session.Runner // replaces the exec of Runner in tests
}

// Connect reads the kubeconfig. It sends nothing to the cluster.
func Connect(kubeconfig genericclioptions.RESTClientGetter, log *logrus.Logger) (*Connection, error) {
	c := &Connection{Log: log, Clock: &Clock{}}
	var err error
	if c.Config, err = kubeconfig.ToRESTConfig(); err != nil {
		return nil, fmt.Errorf("read kubeconfig: %w", err)
	}
	config := rest.CopyConfig(c.Config)
	config.QPS, config.Burst = 50, 300 // as kubectl
	config.Wrap(c.Clock.Watch)
	warn := func(err error) { log.Warnf("%s; trying again", explain.Unanswered(err)) }
	if c.API, err = builder.NewAPI(config, warn); err != nil {
		return nil, fmt.Errorf("read kubeconfig: %w", err)
	}
	return c, nil
}

// Runner runs commands in the container of a builder pod.
func (c *Connection) Runner(namespace, pod string) session.Runner {
	if c.Exec != nil {
		return c.Exec
	}
	return exec.Container{Config: c.Config, Client: c.API.Client(), Namespace: namespace, Pod: pod, Name: podspec.Container}.Run
}

// Disconnected warns that a connection to a builder pod was lost.
func (c *Connection) Disconnected(err error) {
	c.Log.Warnf("lost the connection to the builder pod, resuming: %v", err)
}

// CopyLog copies what the container of a builder pod has written, as the kubelet has it.
func (c *Connection) CopyLog(ctx context.Context, pod *corev1.Pod, w io.Writer) error {
	stream, err := c.API.Client().CoreV1().Pods(pod.Namespace).
		GetLogs(pod.Name, &corev1.PodLogOptions{Container: podspec.Container}).Stream(ctx)
	if err == nil {
		defer stream.Close()
		_, err = io.Copy(w, stream)
	}
	if err != nil {
		return fmt.Errorf("read the log of builder pod %s/%s: %w", pod.Namespace, pod.Name, err)
	}
	return nil
}
