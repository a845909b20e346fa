package steps

import (
	"errors"
	"fmt"

	"github.com/moby/buildkit/executor"
	"golang.org/x/sys/unix"

	"github.com/kubectl-img/kubectl-img/images/builder/img/slot"
	"github.com/kubectl-img/kubectl-img/images/builder/img/tree"
)

// run fills the slot, runs the step and brings its changes back.
func (r *room) run(s *step) (result slot.Result, err error) {
	linking := s.link()
	defer func() {
		if linking != nil {
			err = errors.Join(err, <-linking)
		}
		if err != nil { // something may be half done
			r.mirror, r.holds = nil, ""
		}
	}()
	if err := r.fill(s); err != nil {
		return result, fmt.Errorf("fill the container of build steps: %w", err)
	}
	cleanStubs := func() {}
	if len(s.mounts) > 0 {
		err, linking = <-linking, nil
		if err != nil {
			return result, err
		}
		cleanStubs = executor.MountStubsCleaner(s.ctx, s.dir, s.args, s.process.Meta.RemoveMountStubsRecursive)
	}
	placed, err := r.place(s)
	if err == nil {
		result, err = r.command(s)
	}
	if errors.Is(err, slot.ErrEnded) {
		return result, err
	}
	skip, undoErr := placed.undo(s, err == nil)
	if err = errors.Join(err, undoErr); err != nil {
		return result, err
	}
	if result.Error != "" || !succeeded(result.Code, s.process.Meta.ValidExitCodes) {
		r.mirror, r.holds = nil, "" // nobody uses this snapshot
		return result, nil
	}
	if linking != nil {
		err, linking = <-linking, nil
		if err != nil {
			return result, err
		}
	}
	if err := inDirectory(s.dir, func(dir int) error { return r.mirror.Collect(s.ctx, dir, skip) }); err != nil {
		return result, fmt.Errorf("bring changes back from the container of build steps: %w", err)
	}
	r.holds = s.dir
	if len(s.mounts) > 0 {
		r.holds = "" // without what the mounts have covered
	}
	cleanStubs()
	// With mount(2) these would be mount points.
	return result, executor.CreateMountStubs(s.dir, []string{"/proc", "/dev", "/sys", "/etc"}, 0, 0)
}

// fill makes the slot hold what the step starts with.
func (r *room) fill(s *step) error {
	from := s.filledFrom()
	if r.mirror != nil && r.holds == from {
		return nil
	}
	if r.mirror == nil {
		mirror, err := tree.NewMirror(r.slot.Root())
		if err != nil {
			return err
		}
		r.mirror = mirror
	}
	r.holds = ""
	return inDirectory(from, func(dir int) error { return r.mirror.Fill(s.ctx, dir) })
}

// command runs the step's process.
func (r *room) command(s *step) (slot.Result, error) {
	meta := s.process.Meta
	command, err := s.commandOf(meta)
	if err != nil {
		return slot.Result{}, err
	}
	// A working directory that is missing is made, and belongs to the user.
	own := func(dir int, name string) error {
		return unix.Fchownat(dir, name, int(command.UID), int(command.GID), unix.AT_SYMLINK_NOFOLLOW)
	}
	place, err := tree.Resolve(r.slot.Root(), command.Dir, own)
	if err != nil {
		return slot.Result{}, fmt.Errorf("working directory %s: %w", command.Dir, err)
	}
	defer place.Close()
	if err := makeDirectory(place, own); err != nil {
		return slot.Result{}, fmt.Errorf("create working directory %s: %w", command.Dir, err)
	}
	pipes, err := openPipes(s.process, command.UID)
	if err != nil {
		return slot.Result{}, err
	}
	s.started()
	result, err := r.slot.Run(s.ctx, command, s.process.Signal, pipes.stdin, pipes.stdout, pipes.stderr)
	pipes.finish()
	return result, err
}

// makeDirectory makes a directory and has it owned, unless it is there.
func makeDirectory(place tree.Place, own func(dir int, name string) error) error {
	if place.Name == "" {
		return nil
	}
	err := unix.Mkdirat(place.Dir, place.Name, 0o755)
	switch {
	case errors.Is(err, unix.EEXIST):
		return nil
	case err != nil:
		return err
	}
	return own(place.Dir, place.Name)
}
