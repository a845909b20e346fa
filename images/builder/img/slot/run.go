package slot

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// run starts a command and waits until neither it nor a process that it has left behind is running.
func (s *surroundings) run(command *Command, files []*os.File, requests <-chan request) Result {
	if len(files) != maxFiles {
		return Result{Code: 126, Error: fmt.Sprintf("the engine hands over %d descriptors, want %d", len(files), maxFiles)}
	}
	killed := oomKills()
	pid, err := start(command, files)
	closeAll(files) // the engine reads until the last process has closed its output
	if err != nil {
		return Result{Code: 127, Error: err.Error()}
	}
	status := wait(pid, requests)
	killAll()
	result := Result{Code: status.ExitStatus(), OOM: oomKills() > killed}
	if status.Signaled() {
		result.Code = 128 + int(status.Signal())
	}
	if err := s.restore(); err != nil {
		result.Error = "put the container's surroundings right: " + err.Error()
	}
	return result
}

func start(command *Command, files []*os.File) (int, error) {
	program, err := find(command)
	if err != nil {
		return 0, err
	}
	// A user may have a working directory that only root can enter.
	if err := os.Chdir(command.Dir); err != nil {
		return 0, err
	}
	defer func() { _ = os.Chdir("/") }()
	attributes := &syscall.ProcAttr{
		Env: command.Env,
		Sys: &syscall.SysProcAttr{
			Setsid:     true,
			Credential: &syscall.Credential{Uid: command.UID, Gid: command.GID, Groups: command.Groups},
		},
	}
	for _, file := range files {
		attributes.Files = append(attributes.Files, file.Fd())
	}
	args := command.Args
	if len(command.Limits) > 0 {
		if program, args, err = limited(program, command); err != nil {
			return 0, err
		}
	}
	pid, err := syscall.ForkExec(program, args, attributes)
	if err != nil {
		return 0, fmt.Errorf("start %s: %w", command.Args[0], err)
	}
	return pid, nil
}

// find looks for the command's program as a shell does.
func find(command *Command) (string, error) {
	if len(command.Args) == 0 || command.Args[0] == "" {
		return "", errors.New("no command")
	}
	name := command.Args[0]
	if strings.Contains(name, "/") {
		if !filepath.IsAbs(name) {
			name = filepath.Join(command.Dir, name)
		}
		return name, nil
	}
	for _, entry := range command.Env {
		list, found := strings.CutPrefix(entry, "PATH=")
		if !found {
			continue
		}
		for _, dir := range strings.Split(list, ":") {
			path := filepath.Join(dir, name)
			if !filepath.IsAbs(path) {
				path = filepath.Join(command.Dir, path)
			}
			if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
				return path, nil
			}
		}
	}
	return "", fmt.Errorf("exec: %q: executable file not found in $PATH", name)
}

// wait returns how the process has ended. It ends all processes when the engine asks for it, or is gone. Whatever else has become a child of process
// 1 meanwhile is collected, too.
func wait(pid int, requests <-chan request) syscall.WaitStatus {
	ended := make(chan syscall.WaitStatus, 1)
	go func() {
		for {
			var status syscall.WaitStatus
			got, err := syscall.Wait4(-1, &status, 0, nil)
			if got == pid || errors.Is(err, syscall.ECHILD) {
				ended <- status
				return
			}
		}
	}()
	for {
		select {
		case status := <-ended:
			return status
		case r, open := <-requests:
			closeAll(r.files)
			switch {
			case !open:
				_ = unix.Kill(-1, unix.SIGKILL)
				requests = nil
			case r.Signal == int(unix.SIGKILL):
				_ = unix.Kill(-1, unix.SIGKILL)
			case r.Signal > 0:
				_ = unix.Kill(pid, unix.Signal(r.Signal))
			}
		}
	}
}

// killAll ends every other process of the container.
func killAll() {
	for {
		_ = unix.Kill(-1, unix.SIGKILL)
		for {
			pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil)
			if errors.Is(err, syscall.ECHILD) {
				return
			}
			if pid <= 0 && !errors.Is(err, syscall.EINTR) {
				break
			}
		}
		<-time.After(time.Millisecond)
	}
}

type request struct {
	message
	files []*os.File
}
