package build

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/moby/sys/atomicwriter"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/rest"

	"github.com/kubectl-img/kubectl-img/internal/builder"
	"github.com/kubectl-img/kubectl-img/podspec"
)

// profileCacheTTL bounds how long an administrator's improvement can go unnoticed.
const profileCacheTTL = 24 * time.Hour

// profileCache is the file that holds the profile that worked last for one cluster, namespace, builder image and seccomp profile. It is empty
// where nothing is cached.
type profileCache string

func newProfileCache(cacheDir string, config *rest.Config, pod *corev1.Pod) profileCache {
	if cacheDir == "" {
		return ""
	}
	authority := config.CAData
	if len(authority) == 0 {
		authority, _ = os.ReadFile(config.CAFile) // without it, the address alone identifies the cluster
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%q", []string{
		config.Host, string(authority), pod.Namespace, builderImage(pod), builder.LocalhostProfile(pod),
	}))
	return profileCache(filepath.Join(cacheDir, "kubectl-img", "profiles", hex.EncodeToString(sum[:16])))
}

func builderImage(pod *corev1.Pod) string {
	for _, c := range pod.Spec.Containers {
		if c.Name == podspec.Container {
			return c.Image
		}
	}
	return ""
}

// get returns the cached profile, or nothing if there is none, or it is too old or unreadable.
func (c profileCache) get(now time.Time) podspec.Profile {
	info, err := os.Stat(string(c))
	if err != nil || now.Sub(info.ModTime()).Abs() > profileCacheTTL {
		return ""
	}
	text, err := os.ReadFile(string(c))
	profile := podspec.Profile(strings.TrimSpace(string(text)))
	if err != nil || !slices.Contains(podspec.Profiles(), profile) {
		return ""
	}
	return profile
}

// put caches a profile, for the user's own eyes.
func (c profileCache) put(profile podspec.Profile) error {
	if c == "" {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(string(c)), 0o700); err != nil {
		return err
	}
	c.prune(time.Now())
	return atomicwriter.WriteFile(string(c), []byte(profile+"\n"), 0o600)
}

// prune removes old files: a pipeline may have a namespace of its own for every run.
func (c profileCache) prune(now time.Time) {
	dir := filepath.Dir(string(c))
	entries, _ := os.ReadDir(dir)
	for _, entry := range entries {
		if info, err := entry.Info(); err == nil && now.Sub(info.ModTime()) > profileCacheTTL {
			_ = os.Remove(filepath.Join(dir, entry.Name()))
		}
	}
}

func (c profileCache) remove() { _ = os.Remove(string(c)) }
