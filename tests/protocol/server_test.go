// Package protocol tests the exec transport with the code of the real servers in this process: the API server's WebSocket translator, and the SPDY
// server of the kubelet behind it.
package protocol

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os/exec"
	"sync"
	"testing"
	"time"

	"k8s.io/apiserver/pkg/util/proxy"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/cri-streaming/pkg/streaming/remotecommand"
	utilexec "k8s.io/utils/exec"

	imgexec "github.com/kubectl-img/kubectl-img/exec"
)

// cluster is an API server with one pod. The pod's commands run on this machine.
type cluster struct {
	refuseWebSocket bool // as old API servers and some proxies do

	mu    sync.Mutex
	conns []net.Conn
	asked []string // transports of the requests
}

// transports maps the transport that the client uses in the end to whether the server refuses WebSocket.
var transports = map[string]bool{"websocket": false, "spdy": true}

// eachTransport runs a test with each of the transports.
func eachTransport(t *testing.T, test func(t *testing.T, c *cluster, pod imgexec.Container)) {
	for name, refuse := range transports {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := &cluster{refuseWebSocket: refuse}
			test(t, c, c.start(t))
		})
	}
}

// start serves until the end of the test and returns the pod's container.
func (c *cluster) start(t *testing.T) imgexec.Container {
	t.Helper()
	kubelet := httptest.NewServer(http.HandlerFunc(c.kubelet))
	apiserver := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { c.apiserver(kubelet.URL, w, r) }))
	apiserver.Config.ConnState = func(conn net.Conn, state http.ConnState) {
		if state == http.StateNew {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.conns = append(c.conns, conn)
		}
	}
	apiserver.Start()
	t.Cleanup(func() {
		c.cut()
		apiserver.Close()
		kubelet.Close()
	})
	config := &rest.Config{Host: apiserver.URL}
	return imgexec.Container{Config: config, Client: kubernetes.NewForConfigOrDie(config), Namespace: "ns", Pod: "pod", Name: "builder"}
}

// cut closes every connection of the client, like a lost network.
func (c *cluster) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, conn := range c.conns {
		_ = conn.Close()
	}
	c.conns = nil
}

func (c *cluster) note(transport string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked = append(c.asked, transport)
}

func (c *cluster) apiserver(kubelet string, w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Sec-WebSocket-Key") == "" {
		c.note("spdy")
		c.kubelet(w, r)
		return
	}
	c.note("websocket")
	if c.refuseWebSocket {
		http.Error(w, "no upgrade here", http.StatusBadRequest)
		return
	}
	location, err := url.Parse(kubelet + r.URL.RequestURI())
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	asked := options(r)
	proxy.NewStreamTranslatorHandler(location, http.DefaultTransport, 0,
		proxy.Options{Stdin: asked.Stdin, Stdout: asked.Stdout, Stderr: asked.Stderr}).ServeHTTP(w, r)
}

func options(r *http.Request) *remotecommand.Options {
	has := func(stream string) bool { return r.URL.Query().Get(stream) == "true" }
	return &remotecommand.Options{Stdin: has("stdin"), Stdout: has("stdout"), Stderr: has("stderr")}
}

func (c *cluster) kubelet(w http.ResponseWriter, r *http.Request) {
	remotecommand.ServeExec(w, r, runtime{}, "pod", "uid", "builder", r.URL.Query()["command"], options(r),
		time.Minute, 10*time.Second, remotecommand.SupportedStreamingProtocols)
}

// runtime runs a container's commands as local processes.
type runtime struct{}

func (runtime) ExecInContainer(ctx context.Context, _, _, _ string, argv []string, in io.Reader, out, errOut io.WriteCloser,
	_ bool, _ <-chan remotecommand.TerminalSize, _ time.Duration,
) error {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.WaitDelay = 10 * time.Second
	if out != nil {
		cmd.Stdout = out
	}
	if errOut != nil {
		cmd.Stderr = errOut
	}
	if in == nil {
		return exitError(cmd.Run())
	}
	// Like in containerd, the end of the process does not wait for the rest of stdin.
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	go func() {
		_, _ = io.Copy(stdin, in)
		_ = stdin.Close()
	}()
	return exitError(cmd.Run())
}

func exitError(err error) error {
	if e, ok := err.(*exec.ExitError); ok { //nolint:errorlint // cmd.Run returns this type
		return utilexec.CodeExitError{Err: err, Code: e.ExitCode()}
	}
	return err
}
