package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// endedCaller is a call that does not wait any more. Its caller's number is this thread's now.
func endedCaller(t *testing.T) *request {
	t.Helper()
	runtime.LockOSThread()
	t.Cleanup(runtime.UnlockOSThread)
	s := &state{open: descriptors{listener: -1}}
	if err := s.openProc(); err != nil {
		t.Fatal(err)
	}
	r := s.request(&notification{pid: uint32(unix.Gettid())}, callers{})
	t.Cleanup(r.release)
	return r
}

// endedEarlier makes the call one of a process that has called before, and whose directory is known.
func endedEarlier(r *request) *request {
	cmd := exec.CommandContext(context.Background(), "true")
	must(cmd.Start())
	dir, err := unix.Openat(r.proc, strconv.Itoa(cmd.Process.Pid), unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	must(err)
	must(cmd.Wait())
	r.earlier.keep(r.pid, dir)
	return r
}

// Each use of a caller's number fails if the call does not wait any more.
func TestEndedCaller(t *testing.T) {
	content := []byte("content\x00")
	address := uint64(uintptr(unsafe.Pointer(&content[0])))
	opened := func(use func(*request) error) func(*request) error {
		return func(r *request) error {
			self := openSelf(r.proc)
			defer self.Close()
			r.dir = int(self.Fd())
			return use(r)
		}
	}
	write := func(r *request) error { return r.put(address, []byte("changed")) }
	identify := func(r *request) error { return r.ids.identified(&r.caller) }
	for name, use := range map[string]func(*request) error{
		"read a string": func(r *request) error { _, err := r.text(address); return err },
		"read bytes":    func(r *request) error { return r.bytes(address, make([]byte, 4)) },
		"write memory":  write,
		"write memory, after its directory was opened":          opened(write),
		"enter its root after an earlier call":                  func(r *request) error { return endedEarlier(r).enter(unix.AT_FDCWD, "/") },
		"read a string after an earlier call":                   func(r *request) error { _, err := endedEarlier(r).text(address); return err },
		"enter its root":                                        func(r *request) error { return r.enter(unix.AT_FDCWD, "/") },
		"open its file":                                         func(r *request) error { _, err := r.opened(0); return err },
		"name its descriptor":                                   func(r *request) error { _, err := r.descriptor(0); return err },
		"read its status":                                       func(r *request) error { _, err := r.process(); return err },
		"change its identity":                                   func(r *request) error { return r.ids.set(&r.caller, identity{uid: [4]uint32{1, 1, 1, 1}}) },
		"look for its identity":                                 identify,
		"look for its identity, after its directory was opened": opened(identify),
		"refuse its signal":                                     func(r *request) error { return refusal(r.refuseNumber()) },
	} {
		t.Run(name, func(t *testing.T) {
			if err := use(endedCaller(t)); err == nil {
				t.Error("no error")
			}
			if !bytes.Equal(content, []byte("content\x00")) {
				t.Errorf("the memory is %q", content)
			}
		})
	}
}

// identified returns an error unless the caller was found to be another user than root.
func (s *identities) identified(c *caller) error {
	self := openSelf(c.proc)
	defer self.Close()
	s.processes = map[int]member{os.Getpid(): {identity{uid: [4]uint32{1, 1, 1, 1}}, os.Getpid(), self}}
	if s.of(c).isRoot() {
		return unix.ESRCH
	}
	return nil
}

func refusal(v verdict) error {
	if v.toKernel || v.errno == 0 {
		return nil
	}
	return v.errno
}

func openSelf(proc int) *os.File {
	dir, err := openProcess(proc, os.Getpid(), func() error { return nil })
	if err != nil {
		panic(err)
	}
	return dir
}

func TestOpenProcess(t *testing.T) {
	r := endedCaller(t)
	t.Run("number that is another process's by then", func(t *testing.T) {
		if _, err := openProcess(r.proc, os.Getpid(), func() error { return unix.ESRCH }); !errors.Is(err, unix.ESRCH) {
			t.Errorf("got %v", err)
		}
	})
	self := openSelf(r.proc)
	defer self.Close()
	p, err := status(int(self.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	t.Run("parent", func(t *testing.T) {
		dir, err := openParent(r.proc, int(self.Fd()), p)
		if err != nil {
			t.Fatal(err)
		}
		_ = dir.Close()
	})
	t.Run("parent that ended, and left its number to another process", func(t *testing.T) {
		p.parent = os.Getpid()
		if _, err := openParent(r.proc, int(self.Fd()), p); !errors.Is(err, unix.ESRCH) {
			t.Errorf("got %v", err)
		}
	})
}

// The first process of a container decides who its orphans are. A later process with the same number does not.
func TestFirstProcessOfContainer(t *testing.T) {
	r := endedCaller(t)
	self := openSelf(r.proc)
	defer self.Close()
	r.dir = int(self.Fd())
	p, err := r.process()
	if err != nil {
		t.Fatal(err)
	}
	r.ids.containers = map[string]member{"box": {identity{}, p.id, self}}
	t.Run("changes its identity again", func(t *testing.T) {
		if !r.ids.leads(&r.caller, p, "box") {
			t.Error("it does not lead its container")
		}
	})
	t.Run("has ended, and left its number to another process", func(t *testing.T) {
		r.ids.containers["box"] = member{identity{}, p.id, endedProcess(t, r.proc)}
		if r.ids.leads(&r.caller, p, "box") {
			t.Error("another process with the same number leads its container")
		}
	})
}

// endedProcess returns the directory of a process that has ended.
func endedProcess(t *testing.T, proc int) *os.File {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sleep", "1000")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	dir, err := openProcess(proc, cmd.Process.Pid, func() error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = dir.Close() })
	_, _ = cmd.Process.Kill(), cmd.Wait()
	return dir
}

// A pinned file stays the same when the caller's descriptor becomes another's.
func TestPin(t *testing.T) {
	r := endedCaller(t)
	self := openSelf(r.proc)
	defer self.Close()
	r.dir = int(self.Fd())
	file, err := os.Create(t.TempDir() + "/file")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var want, got unix.Stat_t
	var path string
	if err := unix.Fstat(int(file.Fd()), &want); err != nil {
		t.Fatal(err)
	}
	err = onOwnThread(func() error {
		f, err := r.descriptor(int32(file.Fd()))
		if err == nil {
			f, err = r.pin(f)
		}
		path = f.absolute()
		return errors.Join(err, unix.Dup3(r.proc, int(file.Fd()), unix.O_CLOEXEC), f.stat(&got))
	})
	if err != nil || got.Ino != want.Ino {
		t.Errorf("got file %d, want %d: %v", got.Ino, want.Ino, err)
	}
	if path != file.Name() {
		t.Errorf("its path is %s, want %s", path, file.Name())
	}
}
