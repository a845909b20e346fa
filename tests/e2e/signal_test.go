package e2e_test

import (
	"strings"
	"syscall"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestSignal(t *testing.T) {
	t.Parallel()
	t.Run("while building", signalWhileBuilding)
	t.Run("while the pod is pending", signalWhilePending)
	t.Run("twice", signalTwice)
	t.Run("GNU timeout", signalOfTimeout)
	t.Run("SIGKILL", signalKill)
}

func signalWhileBuilding(t *testing.T) {
	t.Parallel()
	for signal, code := range map[syscall.Signal]int{syscall.SIGINT: codeInterrupted, syscall.SIGTERM: codeTerminated, syscall.SIGHUP: codeHangup} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			ns := namespace(t, privileged)
			p := build(ns, "-t", repository(ns), endless(t)).start(t)
			p.await(t, begun)
			sent := time.Now()
			p.signal(t, signal)
			p.wait(t).fails(t, code, signal.String())
			if took := time.Since(sent); took > 10*time.Second {
				t.Errorf("ended only %s after the signal", took)
			}
		})
	}
}

func signalWhilePending(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	p := build(ns, "-t", repository(ns), "--node-selector", "x=y", smallContext(t)).start(t)
	p.await(t, "nodes are available")
	p.signal(t, syscall.SIGINT)
	p.wait(t).fails(t, codeInterrupted)
}

// signalTwice expects that the client waits for the delete after the first signal, and that it ends at once after the second, with the command
// that deletes the pod.
func signalTwice(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	link := newLink(t)
	p := build(ns, "-t", repository(ns), "--name", "mine", "--detach-grace", "2s",
		"--server", "https://"+link.address, "--tls-server-name", shared.NodeIP, endless(t)).start(t)
	p.await(t, begun)
	link.stalled.Store(true)
	p.signal(t, syscall.SIGINT)
	p.await(t, "does not answer") // to the delete
	sent := time.Now()
	p.signal(t, syscall.SIGTERM)
	p.wait(t).fails(t, codeTerminated, "stopped by signal: terminated").says(t, "kubectl delete pod -n "+ns+" mine")
	if took := time.Since(sent); took > 3*time.Second {
		t.Errorf("ended only %s after the second signal", took)
	}
	eventually(t, 25*time.Second, "the abandoned pod has ended", func() bool { return onlyPod(t, ns).Status.Phase == corev1.PodFailed })
	deletePod(t, onlyPod(t, ns))
}

// signalOfTimeout sends a signal to the process and then to its group, as GNU timeout does. The client still waits for the delete of its pod.
func signalOfTimeout(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	p := build(ns, "-t", repository(ns), endless(t)).start(t)
	p.await(t, begun)
	p.signal(t, syscall.SIGTERM)
	<-time.After(time.Millisecond) // for the kernel, which joins equal signals that a process has not taken
	p.signal(t, syscall.SIGTERM)
	if r := p.wait(t).fails(t, codeTerminated); strings.Contains(r.stderr, "kubectl delete pod") {
		t.Errorf("the pod is left behind:\n%s", r.stderr)
	}
	eventually(t, 25*time.Second, "the pod is deleted", func() bool {
		pods, err := client.CoreV1().Pods(ns).List(t.Context(), metav1.ListOptions{})
		return err == nil && len(pods.Items) == 0
	})
}

func signalKill(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	p := build(ns, "-t", repository(ns), "--detach-grace", "5s", endless(t)).start(t)
	p.await(t, begun)
	p.signal(t, syscall.SIGKILL)
	if err := <-p.ended; err == nil {
		t.Error("the killed client succeeded")
	}
	pod := onlyPod(t, ns)
	if pod.Status.Phase != corev1.PodRunning {
		t.Errorf("the pod ended with its client: %s", pod.Status.Phase)
	}
	defer deletePod(t, pod)
	eventually(t, 25*time.Second, "the abandoned pod has ended", func() bool {
		var err error
		pod, err = client.CoreV1().Pods(ns).Get(t.Context(), pod.Name, metav1.GetOptions{})
		return err == nil && (pod.Status.Phase == corev1.PodFailed || pod.Status.Phase == corev1.PodSucceeded)
	})
	message := ""
	for _, c := range pod.Status.ContainerStatuses {
		if c.State.Terminated != nil {
			message = c.State.Terminated.Message
		}
	}
	if !strings.Contains(message, `"abandoned"`) {
		t.Errorf("the termination message of the pod: %q", message)
	}
}
