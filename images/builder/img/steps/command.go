package steps

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"syscall"

	"github.com/containerd/continuity/fs"
	"github.com/docker/go-units"
	"github.com/moby/buildkit/executor"
	"github.com/moby/buildkit/executor/oci"
	gatewayapi "github.com/moby/buildkit/frontend/gateway/pb"
	"github.com/moby/buildkit/util/openfile"
	"github.com/moby/sys/user"

	"github.com/kubectl-img/kubectl-img/images/builder/img/slot"
)

// commandOf is a step's process. Its user comes from the files of the image.
func (s *step) commandOf(meta executor.Meta) (slot.Command, error) {
	root := s.filledFrom()
	uid, gid, groups, err := oci.GetUser(root, meta.User)
	if err != nil {
		return slot.Command{}, err
	}
	command := slot.Command{Args: meta.Args, Env: meta.Env, Dir: "/", UID: uid, GID: gid, Groups: append([]uint32{gid}, groups...)}
	if meta.Cwd != "" {
		command.Dir = meta.Cwd
	}
	if !set(command.Env, "HOME") {
		command.Env = append(command.Env[:len(command.Env):len(command.Env)], "HOME="+home(root, int(uid)))
	}
	for _, u := range meta.Ulimit {
		limit := units.Ulimit{Name: u.Name, Soft: u.Soft, Hard: u.Hard}
		r, err := limit.GetRlimit()
		if err != nil {
			return slot.Command{}, fmt.Errorf("ulimit %s: %w", u.Name, err)
		}
		command.Limits = append(command.Limits, slot.Limit{Resource: r.Type, Soft: r.Soft, Hard: r.Hard})
	}
	return command, nil
}

func set(env []string, name string) bool {
	for _, entry := range env {
		if strings.HasPrefix(entry, name+"=") {
			return true
		}
	}
	return false
}

// home is the user's home directory, as runc finds it.
func home(root string, uid int) string {
	const none = "/"
	path, err := fs.RootPath(root, "/etc/passwd")
	if err != nil {
		return none
	}
	file, err := openfile.Regular(path)
	if err != nil {
		return none
	}
	defer file.Close()
	users, err := user.ParsePasswdFilter(io.LimitReader(file, 10<<20), func(u user.User) bool { return u.Uid == uid })
	if err != nil || len(users) == 0 || users[0].Home == "" {
		return none
	}
	return users[0].Home
}

// succeeded reports whether an exit code is among those that a step may have.
func succeeded(code int, valid []int) bool {
	if valid == nil {
		return code == 0
	}
	return slices.Contains(valid, code)
}

// exitError says how a step has ended in the words of BuildKit's other executors.
func exitError(ctx context.Context, result slot.Result, valid []int) error {
	if result.Error != "" {
		return errors.New(result.Error)
	}
	if succeeded(result.Code, valid) {
		return nil
	}
	err := &gatewayapi.ExitError{ExitCode: uint32(result.Code)} //nolint:gosec // it is no negative number
	if result.OOM {
		err.Err = fmt.Errorf("exit code: %d: %w", result.Code, syscall.ENOMEM)
	}
	if ctx.Err() != nil {
		err.Err = fmt.Errorf("%s: %w", err.Error(), context.Cause(ctx))
	}
	return err
}
