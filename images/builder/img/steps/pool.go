package steps

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/kubectl-img/kubectl-img/images/builder/img/shared"
	"github.com/kubectl-img/kubectl-img/images/builder/img/slot"
	"github.com/kubectl-img/kubectl-img/images/builder/img/tree"
)

// dialTimeout is how long a step waits for the agent of a slot. The pod's containers have started long before.
const dialTimeout = 30 * time.Second

// pool gives slots to steps.
type pool struct {
	keys string
	mu   sync.Mutex
	free *sync.Cond
	all  []*room
}

func newPool(names []string, keys string) *pool {
	p := &pool{keys: keys}
	p.free = sync.NewCond(&p.mu)
	for _, name := range names {
		p.all = append(p.all, &room{name: name})
	}
	return p
}

// take waits for a slot, and prefers one that holds the tree that the step starts with.
func (p *pool) take(ctx context.Context, tree string, frontend bool) (*room, error) {
	stop := context.AfterFunc(ctx, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.free.Broadcast()
	})
	defer stop()
	r, err := p.wait(ctx, tree, frontend)
	if err != nil {
		return nil, err
	}
	if r.slot != nil {
		return r, nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, dialTimeout, fmt.Errorf("no answer within %s", dialTimeout))
	defer cancel()
	if r.slot, err = slot.Dial(ctx, r.name, p.keys); err != nil {
		p.give(r)
		return nil, err
	}
	return r, nil
}

func (p *pool) wait(ctx context.Context, tree string, frontend bool) (*room, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if r := p.pick(tree); r != nil {
			r.busy, r.frontend = true, frontend
			return r, nil
		}
		// A frontend gives its slot back only when it has all results that it asks for.
		if !slices.ContainsFunc(p.all, func(r *room) bool { return !r.frontend }) {
			return nil, errors.New("the Dockerfile's frontend takes the pod's only container for build steps, and waits for a build step: the pod needs one more")
		}
		p.free.Wait()
	}
}

// pick returns a free slot, the best one first.
func (p *pool) pick(tree string) *room {
	var best *room
	for _, r := range p.all {
		if r.busy {
			continue
		}
		if r.holds == tree {
			return r
		}
		if best == nil || r.holds == "" && best.holds != "" {
			best = r
		}
	}
	return best
}

func (p *pool) give(r *room) {
	p.mu.Lock()
	defer p.mu.Unlock()
	r.busy, r.frontend = false, false
	p.free.Broadcast()
}

// freeMemory empties the memory that steps have shared, unless a frontend may use it.
func (p *pool) freeMemory() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if slices.ContainsFunc(p.all, func(r *room) bool { return r.frontend }) {
		return nil
	}
	var errs []error
	for _, r := range p.all {
		if r.slot != nil {
			errs = append(errs, shared.FreeMemory(r.slot.Root()))
		}
	}
	return errors.Join(errs...)
}

// write writes a file that the containers of the pod share, where a step can write to it.
func (p *pool) write(path string, content []byte) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	err := error(unix.EROFS)
	for _, r := range p.all {
		if r.slot == nil {
			continue
		}
		var fd int
		fd, err = unix.Openat2(r.slot.Root(), strings.TrimPrefix(path, "/"), &unix.OpenHow{
			Flags: unix.O_WRONLY | unix.O_TRUNC | unix.O_CLOEXEC, Resolve: unix.RESOLVE_NO_SYMLINKS | unix.RESOLVE_BENEATH,
		})
		if err == nil {
			file := os.NewFile(uintptr(fd), path)
			_, err = file.Write(content)
			err = errors.Join(err, file.Close())
		}
		if err == nil {
			return nil
		}
	}
	return err
}

func (p *pool) close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var errs []error
	for _, r := range p.all {
		if r.slot != nil {
			errs = append(errs, r.slot.Close())
			r.slot, r.mirror, r.holds = nil, nil, ""
		}
	}
	return errors.Join(errs...)
}

// locks are directories that one step at a time writes to.
type locks map[string]*sync.Mutex

var locksMu sync.Mutex

// lock takes all of them, in the same order for every step, and returns what gives them back.
func (l locks) lock(dirs []string) (unlock func()) {
	dirs = slices.Compact(slices.Sorted(slices.Values(dirs)))
	var taken []*sync.Mutex
	for _, dir := range dirs {
		locksMu.Lock()
		if l[dir] == nil {
			l[dir] = &sync.Mutex{}
		}
		mu := l[dir]
		locksMu.Unlock()
		mu.Lock()
		taken = append(taken, mu)
	}
	return func() {
		for _, mu := range taken {
			mu.Unlock()
		}
	}
}

// room is a slot and what it holds.
type room struct {
	name     string
	slot     *slot.Slot
	mirror   *tree.Mirror // nil if nothing is known of the content
	holds    string       // directory of the tree that the slot holds, or ""
	frontend bool         // who has it is a frontend, which may wait for steps
	busy     bool
}
