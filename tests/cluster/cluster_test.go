package cluster

import (
	"archive/tar"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-img/kubectl-img/tests/cluster/archive"
)

// ownInstance is a cluster that these tests can kill while other packages use the shared one.
const ownInstance = 9

func TestCluster(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 40*time.Minute) // an empty cache means that everything is compiled
	defer cancel()
	c := up(ctx, t)
	t.Cleanup(func() {
		if err := c.Purge(context.WithoutCancel(ctx)); err != nil {
			t.Error(err)
		}
	})
	// Each step needs the cluster of the step before it.
	t.Run("runs a pod", func(t *testing.T) {
		if again := up(ctx, t); again.Process != c.Process {
			t.Errorf("a second Up started process %v although %v runs", again.Process, c.Process)
		}
		runPod(ctx, t, c)
	})
	t.Run("has the builder image", func(t *testing.T) { checkBuilderImage(ctx, t, c) })
	t.Run("leftovers of a running cluster", func(t *testing.T) {
		found := strings.Join(c.Leftovers(), "\n")
		for _, kind := range []string{"process ", "link ", "cgroup "} {
			if !strings.Contains(found, kind) {
				t.Errorf("Leftovers of a running cluster has no %s:\n%s", kind, found)
			}
		}
	})
	t.Run("starts again after a kill", func(t *testing.T) {
		if err := c.Process.kill(); err != nil {
			t.Fatal(err)
		}
		revived := up(ctx, t)
		if revived.Process == c.Process {
			t.Error("Up returned the killed cluster as a running one")
		}
		runPod(ctx, t, revived)
		c = revived
	})
	t.Run("leaves nothing behind", func(t *testing.T) {
		if err := c.Down(ctx); err != nil {
			t.Fatal(err)
		}
		for _, left := range c.Leftovers() {
			t.Errorf("after Down there is still a %s", left)
		}
		if _, err := pathsOf(ownInstance).load(); !errors.Is(err, ErrNotRunning) {
			t.Errorf("load after Down: %v, want ErrNotRunning", err)
		}
		if err := c.Down(ctx); err != nil {
			t.Errorf("second Down: %v", err)
		}
	})
}

func up(ctx context.Context, t *testing.T) *Cluster {
	t.Helper()
	c, err := Up(ctx, Options{Instance: ownInstance}, t.Output())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// runPod needs the scheduler, the kubelet, containerd, runc and the registry to work together.
func runPod(ctx context.Context, t *testing.T, c *Cluster) {
	t.Helper()
	client, err := c.Client()
	if err != nil {
		t.Fatal(err)
	}
	pods := client.CoreV1().Pods("default")
	pod, err := pods.Create(ctx, &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "hello-"},
		Spec: corev1.PodSpec{
			RestartPolicy: corev1.RestartPolicyNever,
			Containers: []corev1.Container{{
				Name: "hello", Image: c.Registry + "/busybox:1", Command: []string{"sh", "-c", "nc -w 5 $KUBERNETES_SERVICE_HOST 443 </dev/null"},
			}},
		},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	err = poll(ctx, 100*time.Millisecond, func() error {
		if pod, err = pods.Get(ctx, pod.Name, metav1.GetOptions{}); err != nil {
			return err
		}
		switch pod.Status.Phase {
		case corev1.PodSucceeded:
			return nil
		case corev1.PodFailed:
			cancel() // it can't succeed any more
		}
		return errors.New("phase " + string(pod.Status.Phase))
	})
	if err != nil {
		t.Errorf("pod does not succeed: %v", err)
	}
}

// checkBuilderImage compares the image in the registry with the Dockerfile, and looks for the file capabilities that tar keeps only on request.
func checkBuilderImage(ctx context.Context, t *testing.T, c *Cluster) {
	image := pull(ctx, t, c, c.BuilderImage)
	p, err := newPaths(Options{})
	if err != nil {
		t.Fatal(err)
	}
	dockerfile, err := p.readDockerfile()
	if err != nil {
		t.Fatal(err)
	}
	file, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(dockerfile.Config("builder"), file.Config); diff != "" {
		t.Errorf("config (-Dockerfile +image):\n%s", diff)
	}
	layers, err := image.Layers()
	if err != nil {
		t.Fatal(err)
	}
	entries := list(t, layers[0])
	for _, program := range []string{"newuidmap", "newgidmap"} {
		entry := entries["./usr/bin/"+program]
		if entry == nil || entry.Mode&0o6000 != 0 || entry.PAXRecords["SCHILY.xattr.security.capability"] == "" {
			t.Errorf("%s has no file capability, or is setuid: %+v", program, entry)
		}
	}
	for _, path := range []string{
		"./bin/sh", "./bin/tar", "./bin/sha256sum", "./usr/bin/img", "./usr/bin/runc", "./usr/bin/git",
		"./usr/lib/git-core/git-remote-https", "./etc/ssl/certs/ca-certificates.crt", "./etc/subuid", "./etc/subgid",
	} {
		if entries[path] == nil {
			t.Errorf("the image lacks %s", path)
		}
	}
	if home := entries["./home/user/"]; home == nil || home.Uid != 1000 || home.Gid != 1000 {
		t.Errorf("the home directory is not the user's: %+v", home)
	}
}

func pull(ctx context.Context, t *testing.T, c *Cluster, ref string) v1.Image {
	t.Helper()
	transport, err := c.Transport()
	if err != nil {
		t.Fatal(err)
	}
	tag, err := name.NewTag(ref)
	if err != nil {
		t.Fatal(err)
	}
	image, err := remote.Image(tag, remote.WithContext(ctx), remote.WithTransport(transport))
	if err != nil {
		t.Fatal(err)
	}
	return image
}

func list(t *testing.T, l v1.Layer) map[string]*tar.Header {
	t.Helper()
	content, err := l.Uncompressed()
	if err != nil {
		t.Fatal(err)
	}
	defer content.Close()
	entries := map[string]*tar.Header{}
	if err := archive.Each(content, func(header *tar.Header, _ io.Reader) error {
		entries[header.Name] = header
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return entries
}
