package shared

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"
)

// Guard keeps the files right, and knows whether a build step is running that could change them.
type Guard struct {
	mu      sync.Mutex
	changed *sync.Cond
	files   []*file
	write   func(path string, content []byte) error // nil for os.WriteFile
	steps   int                                     // that are running
	alone   int                                     // that wait for, or have, a moment without steps
}

// resolverMemory is a bit longer than Go's resolver remembers what it has read in the files.
const resolverMemory = 5500 * time.Millisecond

// NewGuard remembers the files as they are. No build step must have run yet.
func NewGuard() (*Guard, error) { return newGuard(names) }

func newGuard(paths []string) (*Guard, error) {
	files, err := openFiles(paths)
	g := &Guard{files: files}
	g.changed = sync.NewCond(&g.mu)
	return g, err
}

// Through has the files written by other means: the builder's root file system, and so its view of them, is read-only.
func (g *Guard) Through(write func(path string, content []byte) error) { g.write = write }

// Step waits until a step may run. When the step has ended, done puts the files right, and calls idle if no other step is running.
func (g *Guard) Step(ctx context.Context, idle func() error) (done func() error, err error) {
	if err := g.wait(ctx, func() bool { return g.alone == 0 }, func() { g.steps++ }); err != nil {
		return nil, err
	}
	return func() error {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.steps--
		g.changed.Broadcast()
		err := g.restore()
		if g.steps == 0 {
			err = errors.Join(err, idle())
		}
		return err
	}, nil
}

func (g *Guard) restore() error {
	for _, f := range g.files {
		if err := f.restore(g.write); err != nil {
			return err
		}
	}
	return nil
}

// wait waits for a condition, and then enters.
func (g *Guard) wait(ctx context.Context, free func() bool, enter func()) error {
	stop := context.AfterFunc(ctx, func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.changed.Broadcast()
	})
	defer stop()
	g.mu.Lock()
	defer g.mu.Unlock()
	for !free() {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		g.changed.Wait()
	}
	enter()
	return nil
}

// Alone calls while no step is running, with the files put right.
func (g *Guard) Alone(ctx context.Context, call func() error) error {
	g.mu.Lock()
	g.alone++
	g.mu.Unlock()
	defer func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.alone--
		g.changed.Broadcast()
	}()
	var err error
	if waitErr := g.wait(ctx, func() bool { return g.steps == 0 }, func() { err = g.restore() }); waitErr != nil {
		return waitErr
	}
	if err != nil {
		return err
	}
	return call()
}

func (g *Guard) intact() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, f := range g.files {
		if !f.intact() {
			return false
		}
	}
	return true
}

// Dial connects with a host, whose name no build step has a say in. If the files were changed at any time meanwhile, it waits for a moment without
// steps and tries again.
func (g *Guard) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	dialer := net.Dialer{Timeout: 30 * time.Second, KeepAlive: 60 * time.Second}
	if g.intact() {
		c, err := dialer.DialContext(ctx, network, address)
		if g.intact() {
			return c, err
		}
		if err == nil {
			_ = c.Close()
		}
	}
	var c net.Conn
	err := g.Alone(ctx, func() (err error) {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(resolverMemory):
		}
		c, err = dialer.DialContext(ctx, network, address)
		return err
	})
	return c, err
}
