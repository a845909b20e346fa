package load_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// limit is what any build may take: bounded, and no claim about speed.
const limit = 20 * time.Minute

// memory is the most, in MiB, that the plugin may have resident, whatever it is given.
const memory = 160

// namespace makes one and expects every pod in it to be deleted at the end. How long a node takes to remove what a pod wrote
// is its own affair.
func namespace(t *testing.T) string {
	t.Helper()
	ns, err := client.CoreV1().Namespaces().Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "load-"}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		pods, err := client.CoreV1().Pods(ns.Name).List(ctx, metav1.ListOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for _, pod := range pods.Items {
			if pod.DeletionTimestamp == nil {
				t.Errorf("pod %s is left", pod.Name)
			}
		}
		if err := client.CoreV1().Namespaces().Delete(ctx, ns.Name, metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
	})
	eventually(t, time.Minute, "the namespace has its service account", func() bool {
		_, err := client.CoreV1().ServiceAccounts(ns.Name).Get(t.Context(), "default", metav1.GetOptions{})
		return err == nil
	})
	return ns.Name
}

func eventually(t *testing.T, patience time.Duration, what string, happened func() bool) {
	t.Helper()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); !happened(); <-tick.C {
		if time.Now().After(deadline) {
			t.Errorf("waited %s in vain until %s", patience, what)
			return
		}
	}
}

// result is how a build ended.
type result struct {
	digest string
	peak   float64 // MiB resident
	took   time.Duration
}

// build runs the plugin on a directory and copies its stderr to log; it fails the test, but does not end it.
func build(t *testing.T, log io.Writer, args ...string) (r result, ok bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	var stdout bytes.Buffer
	last := &tail{}
	cmd := exec.CommandContext(ctx, plugin, append([]string{"build", "--profile", "unconfined"}, args...)...)
	cmd.Env = append(shared.Env(), "HOME="+t.TempDir())
	cmd.Stdout, cmd.Stderr = &stdout, io.MultiWriter(log, last)
	began := time.Now()
	err := cmd.Start()
	if err == nil {
		watched := make(chan float64, 1)
		go func() { watched <- watch(cmd.Process.Pid) }()
		err = cmd.Wait()
		r.peak = <-watched
	}
	r.took = time.Since(began)
	if err != nil {
		t.Errorf("%v after %s:\n%s", err, r.took, last)
		return r, false
	}
	r.digest = strings.TrimSuffix(stdout.String(), "\n")
	t.Logf("%.1f s, at most %.0f MiB resident", r.took.Seconds(), r.peak)
	if r.peak > memory {
		t.Errorf("%.0f MiB were resident, want at most %d", r.peak, memory)
	}
	return r, true
}

// watch returns the peak of a process's resident memory once it is gone. The rusage of a child also counts what this process
// had resident when it started it.
func watch(pid int) float64 {
	var peak float64
	for {
		now, err := highWater(pid)
		if err != nil {
			return peak
		}
		peak = max(peak, now)
		<-time.After(20 * time.Millisecond)
	}
}

var highWaterLine = regexp.MustCompile(`VmHWM:\s+([0-9]+) kB`)

// highWater returns VmHWM in MiB; see proc_pid_status(5).
func highWater(pid int) (float64, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	match := highWaterLine.FindSubmatch(data)
	if match == nil {
		return 0, errors.New("no VmHWM: a zombie")
	}
	kib, err := strconv.ParseFloat(string(match[1]), 64)
	return kib / 1024, err
}

// tail keeps the end of what is written.
type tail struct{ data []byte }

func (l *tail) Write(p []byte) (int, error) {
	l.data = append(l.data, p[max(0, len(p)-4000):]...)
	l.data = l.data[max(0, len(l.data)-4000):]
	return len(p), nil
}

func (l *tail) String() string { return string(l.data) }

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}
