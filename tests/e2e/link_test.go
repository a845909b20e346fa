package e2e_test

import (
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"k8s.io/client-go/tools/clientcmd"
)

// link forwards connections to the API server. When it is stalled, it accepts data and drops it.
type link struct {
	address string
	stalled atomic.Bool
	left    atomic.Int64 // after this many bytes it closes the connection that passes the last one; 0 for never
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
		if l.left.Load() > 0 && l.left.Add(-int64(n)) <= 0 {
			_ = from.Close()
			return
		}
	}
}
