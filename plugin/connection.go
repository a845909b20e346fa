package plugin

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

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

// serverClock is the API server's clock, as its last answer had it: that of this machine may be wrong.
type serverClock struct {
	mu   sync.Mutex
	skew time.Duration
}

func (c *serverClock) watch(rt http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		response, err := rt.RoundTrip(r)
		if err == nil {
			c.read(response.Header.Get("Date"))
		}
		return response, err
	})
}

func (c *serverClock) read(date string) {
	if there, err := http.ParseTime(date); err == nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.skew = time.Until(there)
	}
}

// now is the time there.
func (c *serverClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.skew)
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
