package jenkins_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const ourPods = "app.kubernetes.io/managed-by=kubectl-img"

// namespace makes one. At the test's end no builder may be left in it.
func namespace(t *testing.T) string {
	t.Helper()
	ns, err := client.CoreV1().Namespaces().Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		GenerateName: "jenkins-",
		Labels:       map[string]string{"pod-security.kubernetes.io/enforce": "baseline"},
	}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		// Less than a builder waits for a client that went away.
		eventually(t, 20*time.Second, "no builder is left", func() bool { return len(builders(ctx, t, ns.Name)) == 0 })
		if err := client.CoreV1().Namespaces().Delete(ctx, ns.Name, metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
	})
	eventually(t, 15*time.Second, "the namespace has its service account", func() bool {
		_, err := client.CoreV1().ServiceAccounts(ns.Name).Get(t.Context(), "default", metav1.GetOptions{})
		return err == nil
	})
	return ns.Name
}

func builders(ctx context.Context, t *testing.T, ns string) []corev1.Pod {
	t.Helper()
	list, err := client.CoreV1().Pods(ns).List(ctx, metav1.ListOptions{LabelSelector: ourPods})
	if err != nil {
		t.Error(err)
		return nil
	}
	return list.Items
}

// whenBuilding calls do with each new builder pod that runs, until the test ends; it is called at most times times.
func whenBuilding(t *testing.T, ns string, times int, do func(corev1.Pod)) {
	t.Helper()
	ctx := t.Context()
	go func() {
		var seen []string
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for len(seen) < times {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			list, err := client.CoreV1().Pods(ns).List(ctx, metav1.ListOptions{LabelSelector: ourPods})
			if err != nil {
				continue
			}
			for _, pod := range list.Items {
				if pod.Status.Phase == corev1.PodRunning && pod.DeletionTimestamp == nil && !slices.Contains(seen, pod.Name) {
					seen = append(seen, pod.Name)
					do(pod)
				}
			}
		}
	}()
}

func repository(ns string) string { return shared.Registry + "/jenkins/" + ns }

func pull(t *testing.T, reference string) v1.Image {
	t.Helper()
	ref, err := name.ParseReference(reference)
	if err != nil {
		t.Fatal(err)
	}
	image, err := remote.Image(ref, remote.WithTransport(registry), remote.WithContext(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	return image
}

func digestOf(t *testing.T, reference string) string {
	t.Helper()
	digest, err := pull(t, reference).Digest()
	if err != nil {
		t.Fatal(err)
	}
	return digest.String()
}

func labelsOf(t *testing.T, reference string) map[string]string {
	t.Helper()
	config, err := pull(t, reference).ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	return config.Config.Labels
}

// source is a directory with this Dockerfile.
func source(t *testing.T, lines ...string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "workspace")
	write(t, filepath.Join(dir, "Dockerfile"), strings.Join(lines, "\n")+"\n")
	return dir
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// eventually polls for what the cluster does in its own time.
func eventually(t *testing.T, patience time.Duration, what string, happened func() bool) {
	t.Helper()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); !happened(); <-tick.C {
		if time.Now().After(deadline) {
			t.Errorf("waited %s in vain until %s", patience, what)
			return
		}
	}
}
