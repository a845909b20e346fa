package main

import (
	"context"
	"encoding/json"
	"strings"
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

// wait waits for d, or until ctx ends.
func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// The directions of a link.
const (
	up   = "upstream"
	down = "downstream"
)
