// Package steps runs build steps in slots: containers that are filled with a step's root file system, and whose changes are brought back into
// its snapshot. Nothing is mounted.
package steps

import (
	"context"
	"errors"
	"sync"

	"github.com/moby/buildkit/executor"
	resourcestypes "github.com/moby/buildkit/executor/resources/types"
	"github.com/moby/buildkit/solver/pb"

	"github.com/kubectl-img/kubectl-img/images/builder/img/shared"
	"github.com/kubectl-img/kubectl-img/images/builder/img/slot"
)

// Executor runs build steps.
type Executor struct {
	pool   *pool
	guard  *shared.Guard
	caches locks
}

// New returns an executor that uses the slots of these names. keys is a directory for the keys of their agents.
func New(names []string, keys string, guard *shared.Guard) *Executor {
	e := &Executor{newPool(names, keys), guard, locks{}}
	guard.Through(e.pool.write)
	return e
}

// Close lets another engine have the slots.
func (e *Executor) Close() error { return e.pool.close() }

// refuse names what a slot can't do.
func refuse(meta executor.Meta) error {
	switch {
	case meta.NetMode == pb.NetMode_NONE:
		return errors.New("RUN --network=none needs a network namespace, which build steps can't have in this pod")
	case meta.SecurityMode == pb.SecurityMode_INSECURE:
		return errors.New("RUN --security=insecure can't be had in this pod")
	case meta.Tty:
		return errors.New("build steps can't have a terminal in this pod")
	case len(meta.CDIDevices) > 0:
		return errors.New("RUN --device can't be had in this pod")
	}
	return nil
}

// Run runs a step.
func (e *Executor) Run(
	ctx context.Context, _ string, root executor.Mount, mounts []executor.Mount, process executor.ProcessInfo, started chan<- struct{},
) (_ resourcestypes.Recorder, err error) {
	start := sync.OnceFunc(func() {
		if started != nil {
			close(started)
		}
	})
	defer start()
	if err := errors.Join(refuse(process.Meta), checkHosts("/etc/hosts", process.Meta.ExtraHosts)); err != nil {
		return nil, err
	}
	s := &step{ctx: ctx, process: process, started: start}
	if err := s.open(root, mounts); err != nil {
		return nil, errors.Join(err, s.release())
	}
	defer func() { err = errors.Join(err, s.release()) }()
	room, err := e.pool.take(ctx, s.filledFrom(), process.Stdin != nil)
	if err != nil {
		return nil, err
	}
	defer e.pool.give(room)
	defer e.caches.lock(s.written())()
	result, err := e.guarded(ctx, room, s)
	if err != nil {
		return nil, err
	}
	return nil, exitError(ctx, result, process.Meta.ValidExitCodes)
}

// guarded runs a step, and then puts right what the containers of the pod share. A frontend, which waits for steps, can't have a part in that.
func (e *Executor) guarded(ctx context.Context, r *room, s *step) (result slot.Result, err error) {
	if s.process.Stdin != nil {
		return r.run(s)
	}
	done, err := e.guard.Step(ctx, e.pool.freeMemory)
	if err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, done()) }()
	return r.run(s)
}

// Exec would run a further process in a step's container.
func (e *Executor) Exec(context.Context, string, executor.ProcessInfo) error {
	return errors.New("a second process in the container of a build step can't be had in this pod")
}
