package main

import (
	"errors"
	"io"
	"net"
	"sync/atomic"
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
