package build

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/rest"

	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/internal/cluster"
	"github.com/kubectl-img/kubectl-img/podspec"
)

// What the tests of package build_test need, which can use buildflags.

// Create creates the pod of a plan, and does no more.
func Create(ctx context.Context, p *Plan, proc cli.Process, c *cluster.Connection) error {
	_, err := newRun(p, proc, c).create(ctx)
	return err
}

type ProfileCache = profileCache

const ProfileCacheTTL = profileCacheTTL

func NewProfileCache(cacheDir string, config *rest.Config, pod *corev1.Pod) ProfileCache {
	return newProfileCache(cacheDir, config, pod)
}

func (c profileCache) Get(now time.Time) podspec.Profile { return c.get(now) }
func (c profileCache) Put(profile podspec.Profile) error { return c.put(profile) }
func (c profileCache) Remove()                           { c.remove() }
