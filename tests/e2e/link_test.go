package e2e_test

import (
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"k8s.io/client-go/tools/clientcmd"
)

// link forwards connections to the API server. When it is stalled, it accepts data and drops it. When it is deaf, it drops what the server sends.
type link struct {
	address       string
	stalled, deaf atomic.Bool
	left          atomic.Int64 // after this many bytes it closes the connection that passes the last one; 0 for never

	mu   sync.Mutex
	open []net.Conn
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
			l.mu.Lock()
			l.open = append(l.open, near, far)
			l.mu.Unlock()
			go l.pass(near, far, func() bool { return l.stalled.Load() })
			go l.pass(far, near, func() bool { return l.stalled.Load() || l.deaf.Load() })
		}
	}()
	return l
}

// cut closes all connections. New ones pass everything.
func (l *link) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, connection := range l.open {
		_ = connection.Close()
	}
	l.open = nil
	l.deaf.Store(false)
}

func (l *link) pass(from, to net.Conn, drops func() bool) {
	defer func() { _ = to.Close() }()
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		if err != nil {
			return
		}
		if drops() {
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
