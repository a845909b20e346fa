package cluster

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// Client is a client with the administrator's rights.
func (c *Cluster) Client() (*kubernetes.Clientset, error) {
	config, err := clientcmd.BuildConfigFromFlags("", c.Kubeconfig)
	if err != nil {
		return nil, fmt.Errorf("read kubeconfig: %w", err)
	}
	// client-go caches transports by file names, so it does not notice that a new cluster has other certificates in the same files.
	if err := rest.LoadTLSFiles(config); err != nil {
		return nil, fmt.Errorf("read kubeconfig: %w", err)
	}
	config.CAFile, config.CertFile, config.KeyFile = "", "", ""
	config.QPS, config.Burst = 200, 400
	return kubernetes.NewForConfig(config)
}

func (c *Cluster) healthy(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	client, err := c.Client()
	return err == nil && ready(ctx, client) == nil && c.nodesReady(ctx, client) == nil
}

func (c *Cluster) waitForAPI(ctx context.Context) error {
	return c.wait(ctx, ready)
}

// waitForNode also waits for the service account without which no pod is admitted in the default namespace.
func (c *Cluster) waitForNode(ctx context.Context) error {
	return c.wait(ctx, func(ctx context.Context, client kubernetes.Interface) error {
		if err := c.nodesReady(ctx, client); err != nil {
			return err
		}
		_, err := client.CoreV1().ServiceAccounts("default").Get(ctx, "default", metav1.GetOptions{})
		return err
	})
}

func (c *Cluster) wait(ctx context.Context, check func(context.Context, kubernetes.Interface) error) error {
	// An emulated machine takes most of a minute, or many minutes beside other work.
	ctx, cancel := context.WithTimeout(ctx, time.Duration(10*len(c.Nodes)-8)*time.Minute)
	defer cancel()
	client, err := c.Client()
	if err != nil {
		return err
	}
	err = poll(ctx, 100*time.Millisecond, func() error {
		if !c.Process.alive() {
			cancel() // waiting makes no sense any more
			return fmt.Errorf("the cluster's first process ended, see %s/log/init", c.Dir)
		}
		return check(ctx, client)
	})
	if err != nil {
		return fmt.Errorf("%w (logs: %s/log)", err, c.Dir)
	}
	return nil
}

func ready(ctx context.Context, client kubernetes.Interface) error {
	return client.Discovery().RESTClient().Get().AbsPath("/readyz").Do(ctx).Error()
}

func (c *Cluster) nodesReady(ctx context.Context, client kubernetes.Interface) error {
	for _, name := range c.Nodes {
		if err := nodeReady(ctx, client, name); err != nil {
			return fmt.Errorf("node %s: %w", name, err)
		}
	}
	return nil
}

func nodeReady(ctx context.Context, client kubernetes.Interface, name string) error {
	node, err := client.CoreV1().Nodes().Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	for _, condition := range node.Status.Conditions {
		if condition.Type == corev1.NodeReady {
			if condition.Status == corev1.ConditionTrue {
				return nil
			}
			return errors.New(condition.Message)
		}
	}
	return errors.New("the node has no Ready condition yet")
}
