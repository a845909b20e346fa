package load_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-img/kubectl-img/tests/cluster/clustertest"
	"github.com/kubectl-img/kubectl-img/tests/cluster/program"
)

// limit is how long a build may take. It only makes sure that the test ends; it says nothing about speed.
const limit = 20 * time.Minute

// memory is the most, in MiB, that the plugin may have resident.
const memory = 160

// namespace makes a namespace in which every pod must be deleted at the end of the test. The pods may still be terminating: removing what they
// wrote takes the node a while.
func namespace(t *testing.T) string {
	t.Helper()
	ns := clustertest.Namespace(t, shared.Client, "load-", clustertest.Privileged)
	t.Cleanup(func() {
		pods, err := shared.Client.CoreV1().Pods(ns).List(context.WithoutCancel(t.Context()), metav1.ListOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for _, pod := range pods.Items {
			if pod.DeletionTimestamp == nil {
				t.Errorf("pod %s is left", pod.Name)
			}
		}
	})
	return ns
}

// repository is the test's own repository in the open registry.
func repository(ns string) string { return shared.Registry + "/load/" + ns }

// build runs the plugin on a directory, copies its stderr to log, and returns what it wrote to stdout. It fails the test, but does not end it.
func build(t *testing.T, log io.Writer, args ...string) (digest string, ok bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	var stdout bytes.Buffer
	last := &tail{}
	cmd := exec.CommandContext(ctx, shared.Plugin, append([]string{"build", "--profile", "unconfined"}, args...)...)
	cmd.Env = append(shared.Env(), "HOME="+t.TempDir())
	cmd.Stdout, cmd.Stderr = &stdout, io.MultiWriter(log, last)
	peak, began := 0.0, time.Now()
	err := cmd.Start()
	if err == nil {
		watched := make(chan float64, 1)
		go func() { watched <- program.PeakMemory(cmd.Process.Pid) }()
		err = cmd.Wait()
		peak = <-watched
	}
	took := time.Since(began)
	if err != nil {
		t.Errorf("%v after %s:\n%s", err, took, last)
		return "", false
	}
	t.Logf("%.1f s, at most %.0f MiB resident", took.Seconds(), peak)
	if peak > memory {
		t.Errorf("%.0f MiB were resident, want at most %d", peak, memory)
	}
	return strings.TrimSuffix(stdout.String(), "\n"), true
}

// tail keeps the end of what is written to it.
type tail struct{ data []byte }

func (l *tail) Write(p []byte) (int, error) {
	l.data = append(l.data, p[max(0, len(p)-4000):]...)
	l.data = l.data[max(0, len(l.data)-4000):]
	return len(p), nil
}

func (l *tail) String() string { return string(l.data) }

func TestBuild(t *testing.T) {
	// The builds share a namespace, and ten of them share a tag. Each must print the digest of an image with its own content.
	t.Run("many at once", func(t *testing.T) {
		ns := namespace(t)
		var all sync.WaitGroup
		for i := range scaled(50) {
			dir := t.TempDir()
			content := fmt.Sprintf("of build %d", i)
			clustertest.WriteFile(t, filepath.Join(dir, "own"), content)
			clustertest.WriteFile(t, filepath.Join(dir, "Dockerfile"), "FROM "+shared.Registry+"/busybox:1\nCOPY own /\nRUN sleep 1\n")
			tag := fmt.Sprintf("%s:%d", repository(ns), i/10)
			all.Go(func() {
				digest, ok := build(t, io.Discard, "-n", ns, "-t", tag, "--request", "cpu=20m,memory=32Mi", dir)
				if !ok {
					return
				}
				if found := ownContent(t, digest); found != content {
					t.Errorf("build %d: its image has %q, want %q", i, found, content)
				}
			})
		}
		all.Wait()
	})
}

// ownContent is the content of the file own in an image.
func ownContent(t *testing.T, digest string) string {
	t.Helper()
	found := ""
	eachFile(t, digest, func(name string, file io.Reader) error {
		if name != "own" {
			return nil
		}
		data, err := io.ReadAll(file)
		found = string(data)
		return err
	})
	return found
}
