package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
)

// link is a proxy between a run's client and the API server.
type link struct{ *toxiproxy.Proxy }

func newLink(upstream string) (*link, error) {
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	l := &link{toxiproxy.NewProxy(server, "api", "127.0.0.1:0", upstream)}
	return l, l.Start()
}

// poison adds a toxic in the given directions. The README of toxiproxy describes kinds and attributes.
func (l *link) poison(kind string, attributes map[string]int, directions ...string) error {
	for _, direction := range directions {
		text, err := json.Marshal(map[string]any{
			"name": kind + direction, "type": kind, "stream": direction, "attributes": attributes,
		})
		if err != nil {
			return err
		}
		if _, err := l.Toxics.AddToxicJson(strings.NewReader(string(text))); err != nil {
			return err
		}
	}
	return nil
}

// cure removes the toxic. Data that it delayed arrives now, and connections whose data it dropped are closed.
func (l *link) cure(ctx context.Context, kind string, directions ...string) error {
	for _, direction := range directions {
		if err := l.Toxics.RemoveToxic(ctx, kind+direction); err != nil {
			return err
		}
	}
	return nil
}

// cut closes all connections and refuses new ones for d, or for good if d is negative.
func (l *link) cut(ctx context.Context, d time.Duration) error {
	l.Stop()
	if d < 0 {
		return nil
	}
	if err := wait(ctx, d); err != nil {
		return err
	}
	return l.Start()
}

// The directions of a link.
const (
	up   = "upstream"
	down = "downstream"
)

// detour is a proxy in front of a link. It can lead new connections past the link, while the old ones stay.
type detour struct {
	net.Listener
	target atomic.Value // string
}

func newDetour(target string) (*detour, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it does not block
	if err != nil {
		return nil, err
	}
	d := &detour{Listener: listener}
	d.target.Store(target)
	go d.serve()
	return d, nil
}

func (d *detour) serve() {
	for {
		near, err := d.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err == nil {
			go d.join(near)
		}
	}
}

// join connects both ends. When one connection ends, so does the other.
func (d *detour) join(near net.Conn) {
	defer near.Close()
	far, err := net.Dial("tcp", d.target.Load().(string)) //nolint:noctx,forcetypeassert // it does not block; only strings are stored
	if err != nil {
		return
	}
	defer far.Close()
	ended := make(chan struct{}, 2)
	relay := func(to, from net.Conn) {
		_, _ = io.Copy(to, from) // an error is an end like any other
		ended <- struct{}{}
	}
	go relay(far, near)
	go relay(near, far)
	<-ended
}
