package slot

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/kubectl-img/kubectl-img/images/builder/img/tree"
)

// Check reports what a slot lacks that build steps need.
func Check(ctx context.Context, name, keys string) (err error) {
	s, err := Dial(ctx, name, keys)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if err := s.check(); err != nil {
		return fmt.Errorf("slot %s: %w", name, err)
	}
	return nil
}

// probe is a file that the check makes.
const probe = ".kubectl-img-check"

// check makes a file as a build would: with an owner, a mode and capabilities. A directory of the same name would be a step's.
func (s *Slot) check() (err error) {
	if len(s.lacks) > 0 {
		return fmt.Errorf("the container lacks the capabilities %s", strings.Join(s.lacks, ", "))
	}
	root := s.Root()
	if _, err := tree.Remove(root, probe); err != nil {
		return fmt.Errorf("remove files: %w", err)
	}
	fd, err := unix.Openat(root, probe, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return fmt.Errorf("create files: %w", err)
	}
	defer func() {
		_, removeErr := tree.Remove(root, probe)
		err = errors.Join(err, unix.Close(fd), removeErr)
	}()
	if err := unix.Fchown(fd, 1, 1); err != nil {
		return fmt.Errorf("give files to other users: %w", err)
	}
	if err := unix.Fchmod(fd, 0o4755); err != nil {
		return fmt.Errorf("set the mode of other users' files: %w", err)
	}
	// no capability, in the kernel's version 2
	none := append([]byte{0, 0, 0, 2}, make([]byte, 16)...)
	if err := unix.Fsetxattr(fd, "security.capability", none, 0); err != nil {
		return fmt.Errorf("set files' capabilities: %w", err)
	}
	return nil
}
