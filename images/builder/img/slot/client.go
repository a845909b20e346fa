package slot

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Slot is a container that runs commands for this engine.
type Slot struct {
	Name  string
	root  *os.File
	c     *net.UnixConn
	lacks []string   // capabilities
	mu    sync.Mutex // of what is sent
}

// Dial connects with the agent of this name. It waits for the agent until the context ends. keys is a directory of our own that keeps the keys of
// agents from one process to the next.
func Dial(ctx context.Context, name, keys string) (*Slot, error) {
	if err := os.MkdirAll(keys, 0o700); err != nil {
		return nil, err
	}
	var dialer net.Dialer
	for {
		c, err := dialer.DialContext(ctx, "unix", "@"+name)
		if err == nil {
			u, _ := c.(*net.UnixConn)
			s := &Slot{Name: name, c: u}
			if err := s.greet(keys); err != nil {
				return nil, errors.Join(fmt.Errorf("slot %s: %w", name, err), c.Close())
			}
			return s, nil
		}
		if !errors.Is(err, syscall.ECONNREFUSED) {
			return nil, fmt.Errorf("slot %s: %w", name, err)
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("slot %s: no agent answers: %w", name, context.Cause(ctx))
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (s *Slot) greet(keys string) error {
	handed, lacks, err := greet(s.c, filepath.Join(keys, s.Name))
	if err != nil {
		return err
	}
	defer handed.Close()
	// The descriptor was opened as a path. This one reads.
	fd, err := unix.Openat(int(handed.Fd()), ".", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open its root directory: %w", err)
	}
	s.lacks = lacks
	s.root = os.NewFile(uintptr(fd), "root of slot "+s.Name)
	return nil
}

// Root is the container's root directory.
func (s *Slot) Root() int { return int(s.root.Fd()) }

// Close lets another engine connect.
func (s *Slot) Close() error { return errors.Join(s.root.Close(), s.c.Close()) }

// Run runs a command until it and all that it has started has ended. If the context ends, the agent kills them.
func (s *Slot) Run(ctx context.Context, command Command, signals <-chan syscall.Signal, stdin, stdout, stderr *os.File) (Result, error) {
	if err := s.send(message{Command: &command}, stdin, stdout, stderr); err != nil {
		return Result{}, fmt.Errorf("slot %s: %w", s.Name, ErrEnded)
	}
	done := make(chan struct{})
	defer close(done)
	go s.forward(ctx, signals, done)
	m, files, err := receive(s.c)
	closeAll(files)
	switch {
	case errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, io.ErrUnexpectedEOF):
		return Result{}, fmt.Errorf("slot %s: %w", s.Name, ErrEnded)
	case err != nil:
		return Result{}, fmt.Errorf("slot %s: %w", s.Name, err)
	case m.Result == nil:
		return Result{}, fmt.Errorf("slot %s: unexpected answer", s.Name)
	}
	return *m.Result, nil
}

// forward passes signals on while the command runs.
func (s *Slot) forward(ctx context.Context, signals <-chan syscall.Signal, done <-chan struct{}) {
	ended := ctx.Done()
	for {
		select {
		case <-done:
			return
		case <-ended:
			ended = nil
			_ = s.send(message{Signal: int(unix.SIGKILL)})
		case number, open := <-signals:
			if !open {
				signals = nil
				continue
			}
			_ = s.send(message{Signal: int(number)})
		}
	}
}

func (s *Slot) send(m message, files ...*os.File) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return send(s.c, m, files...)
}
