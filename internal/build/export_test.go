package build

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/rest"

	"github.com/kubectl-img/kubectl-img/podspec"
)

// What the tests of package build_test need, which can use buildflags.

type ProfileCache = profileCache

const ProfileCacheTTL = profileCacheTTL

func NewProfileCache(cacheDir string, config *rest.Config, pod *corev1.Pod) ProfileCache {
	return newProfileCache(cacheDir, config, pod)
}

func (c profileCache) Get(now time.Time) podspec.Profile { return c.get(now) }
func (c profileCache) Put(profile podspec.Profile) error { return c.put(profile) }
func (c profileCache) Remove()                           { c.remove() }
