package e2e_test

import (
	"net"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"
)

// endless says that it has begun, in words that its Dockerfile does not hold, and goes on for longer than any test.
func endless(t *testing.T) string {
	t.Helper()
	return only(t, shell("RUN echo begun-$((40+2)); sleep 1000"))
}

const begun = "begun-42"

func TestSignalEndsTheBuildAndThePod(t *testing.T) {
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

func TestSignalWhileThePodIsPendingLeavesNone(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	p := build(ns, "-t", repository(ns), "--node-selector", "x=y", nothingMuch(t)).start(t)
	p.await(t, "nodes are available")
	p.signal(t, syscall.SIGINT)
	p.wait(t).fails(t, codeInterrupted)
}

func TestKilledClientLeavesNoRunningPod(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	p := build(ns, "-t", repository(ns), "--detach-grace", "5s", endless(t)).start(t)
	p.await(t, begun)
	p.signal(t, syscall.SIGKILL)
	if err := <-p.ended; err == nil {
		t.Error("the killed client ended well")
	}
	pod := onlyPod(t, ns)
	if pod.Status.Phase != corev1.PodRunning {
		t.Errorf("the pod did not outlive its client: %s", pod.Status.Phase)
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
		t.Errorf("the pod's last words: %q", message)
	}
}

func TestTimeoutNamesThePhase(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	r := build(ns, "-t", repository(ns), "--timeout", "15s", endless(t)).run(t).within(t, 30*time.Second)
	r.fails(t, codeTimeout, "build the image: timed out after 15s").hints(t, "--timeout")
}

func TestKeepLeavesTheFinishedPodAndSaysHowToDeleteIt(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	r := build(ns, "-t", repository(ns), "--keep", nothingMuch(t)).run(t).succeeds(t)
	pod := onlyPod(t, ns)
	defer deletePod(t, pod)
	r.says(t, "kubectl delete pod -n "+ns+" "+pod.Name)
	if len(r.lines("warning: ")) > 0 {
		t.Errorf("warnings:\n%s", r.stderr)
	}
	eventually(t, 20*time.Second, "the kept pod has succeeded", func() bool {
		return onlyPod(t, ns).Status.Phase == corev1.PodSucceeded
	})
}

func TestPodDeletedBySomebodyElseIsAnError(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	p := build(ns, "-t", repository(ns), endless(t)).start(t)
	p.await(t, begun)
	deletePod(t, onlyPod(t, ns))
	p.wait(t).fails(t, codeInternal, "deleted by somebody else").hints(t, "kubectl img cancel")
}

// link passes connections on to the API server, until it is stalled: then it takes what comes and answers nothing.
type link struct {
	address string
	stalled atomic.Bool
}

func newLink(t *testing.T) *link {
	t.Helper()
	listener := listen(t, "127.0.0.1:0")
	l := &link{address: listener.Addr().String()}
	t.Cleanup(func() { _ = listener.Close() })
	config, err := clientcmd.BuildConfigFromFlags("", shared.Kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	server := strings.TrimPrefix(config.Host, "https://")
	if _, _, err := net.SplitHostPort(server); err != nil {
		server = net.JoinHostPort(server, "443")
	}
	go func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			far, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", server)
			if err != nil {
				_ = near.Close()
				return
			}
			go l.pass(near, far)
			go l.pass(far, near)
		}
	}()
	return l
}

func (l *link) pass(from, to net.Conn) {
	defer func() { _ = to.Close() }()
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		if err != nil {
			return
		}
		if l.stalled.Load() {
			continue
		}
		if _, err := to.Write(buf[:n]); err != nil {
			return
		}
	}
}

// The first signal waits for the delete; the second does not, and says what may be left.
func TestSecondSignalEndsTheRunAtOnce(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	l := newLink(t)
	p := build(ns, "-t", repository(ns), "--name", "mine", "--detach-grace", "2s",
		"--server", "https://"+l.address, "--tls-server-name", shared.NodeIP, endless(t)).start(t)
	p.await(t, begun)
	l.stalled.Store(true)
	p.signal(t, syscall.SIGINT)
	p.await(t, "does not answer") // the delete
	sent := time.Now()
	p.signal(t, syscall.SIGTERM)
	p.wait(t).fails(t, codeTerminated, "stopped by signal: terminated").says(t, "kubectl delete pod -n "+ns+" mine")
	if took := time.Since(sent); took > 3*time.Second {
		t.Errorf("ended only %s after the second signal", took)
	}
	eventually(t, 25*time.Second, "the abandoned pod has ended", func() bool { return onlyPod(t, ns).Status.Phase == corev1.PodFailed })
	deletePod(t, onlyPod(t, ns))
}
