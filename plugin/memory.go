package plugin

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

// memoryLasts is how long the profile that worked is taken for the best: by then an administrator's improvement is noticed.
const memoryLasts = 24 * time.Hour

// memory is the file that holds the profile that worked for one cluster, namespace and builder image; empty for none.
type memory string

// memoryOf is the one of a pod, in the user's cache directory. The cluster is its address and authority; the seccomp profile is part of
// the question too.
func memoryOf(cacheDir string, config *rest.Config, pod *corev1.Pod) memory {
	if cacheDir == "" {
		return ""
	}
	authority := config.CAData
	if len(authority) == 0 {
		authority, _ = os.ReadFile(config.CAFile) // without one, the address has to do
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%q", []string{
		config.Host, string(authority), pod.Namespace, builderImage(pod), builder.LocalhostProfile(pod),
	}))
	return memory(filepath.Join(cacheDir, "kubectl-img", "profiles", hex.EncodeToString(sum[:16])))
}

func builderImage(pod *corev1.Pod) string {
	for _, c := range pod.Spec.Containers {
		if c.Name == podspec.Container {
			return c.Image
		}
	}
	return ""
}

// recall returns what is remembered and not too old, or nothing. What can't be read is not remembered.
func (m memory) recall(now time.Time) podspec.Profile {
	info, err := os.Stat(string(m))
	if err != nil || now.Sub(info.ModTime()).Abs() > memoryLasts {
		return ""
	}
	text, err := os.ReadFile(string(m))
	profile := podspec.Profile(strings.TrimSpace(string(text)))
	if err != nil || !slices.Contains(podspec.Profiles(), profile) {
		return ""
	}
	return profile
}

// keep remembers a profile, for the user's own eyes.
func (m memory) keep(profile podspec.Profile) error {
	if m == "" {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(string(m)), 0o700); err != nil {
		return err
	}
	m.prune(time.Now())
	return atomicwriter.WriteFile(string(m), []byte(profile+"\n"), 0o600)
}

// prune removes what is too old: a pipeline may have a namespace of its own for every run.
func (m memory) prune(now time.Time) {
	dir := filepath.Dir(string(m))
	entries, _ := os.ReadDir(dir)
	for _, entry := range entries {
		if info, err := entry.Info(); err == nil && now.Sub(info.ModTime()) > memoryLasts {
			_ = os.Remove(filepath.Join(dir, entry.Name()))
		}
	}
}

func (m memory) forget() { _ = os.Remove(string(m)) }
