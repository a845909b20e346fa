package build

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/moby/sys/atomicwriter"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/rest"

	"github.com/kubectl-img/kubectl-img/podspec"
)

// profileCacheTTL bounds how long an administrator's improvement can go unnoticed.
const profileCacheTTL = 24 * time.Hour

// profileCache is the file that holds the profile that worked last in one cluster and namespace for pods like this one. It is empty where nothing is
// cached.
type profileCache string

func newProfileCache(cacheDir string, config *rest.Config, pod *corev1.Pod) profileCache {
	if cacheDir == "" {
		return ""
	}
	authority := config.CAData
	if len(authority) == 0 {
		authority, _ = os.ReadFile(config.CAFile) // without it, the address alone identifies the cluster
	}
	user := config.Impersonate // Pod Security can exempt users
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q", []string{
		config.Host, string(authority), user.UserName, pod.Namespace, decisive(pod),
	}, user.Groups))
	return profileCache(filepath.Join(cacheDir, "kubectl-img", "profiles", hex.EncodeToString(sum[:16])))
}

// decisive returns what decides whether a profile works for the pod: where it can run, what admission sees of it, and what it asks of its node. It
// leaves out only what is known not to decide, so that a new field counts.
func decisive(pod *corev1.Pod) string {
	p := pod.DeepCopy()
	p.Spec.ActiveDeadlineSeconds = nil
	for i := range p.Spec.Containers {
		if c := &p.Spec.Containers[i]; c.Name == podspec.Container {
			c.Command, c.Env = nil, nil // the supervisor
		}
	}
	for i := range p.Spec.InitContainers {
		if c := &p.Spec.InitContainers[i]; slices.Contains(podspec.Steps(p), c.Name) {
			c.Command = nil // it has a name of this pod only
		}
	}
	// The names only: a pipeline labels each run with its number.
	annotations := slices.DeleteFunc(slices.Sorted(maps.Keys(p.Annotations)), func(name string) bool { return strings.HasPrefix(name, podspec.AnnotationPrefix) })
	text, err := json.Marshal([]any{slices.Sorted(maps.Keys(p.Labels)), annotations, p.Spec})
	if err != nil { // a pod can always be encoded
		panic(errors.Join(errors.New("encode pod"), err))
	}
	return string(text)
}

// get returns the form of the cached profile, or nothing if there is none, or it is too old or unreadable.
func (c profileCache) get(now time.Time) podspec.Profile {
	info, err := os.Stat(string(c))
	if err != nil || now.Sub(info.ModTime()).Abs() > profileCacheTTL {
		return ""
	}
	text, err := os.ReadFile(string(c))
	profile := podspec.Profile(strings.TrimSpace(string(text)))
	if err != nil || !slices.Contains(podspec.Profiles(), podspec.Profile(strings.TrimSuffix(string(profile), hostSuffix))) {
		return ""
	}
	return profile
}

// put caches a form of a profile, for the user's own eyes.
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
