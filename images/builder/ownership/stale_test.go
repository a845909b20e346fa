package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// marker is the owner of the file that the caller looks at. It would appear in the memory of the process that the answer is written to.
const marker = 0x41424344

// answerAddress is where the caller wants its answer. The bystander has memory there.
const answerAddress = 0x700000000000

// TestNumberReused: the caller ends while its call is answered, and another process, the bystander, gets its number. The answer must not be
// written into that process's memory.
func TestNumberReused(t *testing.T) {
	dir := workDir(t, 1000)
	cmd := emulated(t, dir, "sh", "-c", "actor 'long way'; while :; do actor 'stale caller'; done")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _, _ = cmd.Process.Kill(), cmd.Wait() }()
	helper := stoppable{t, cmd.Process.Pid, filepath.Join(dir, "way")}
	callers := bufio.NewScanner(out)
	for callers.Scan() {
		caller, err := strconv.Atoi(callers.Text())
		if err != nil {
			t.Fatal(callers.Text())
		}
		caught := helper.stopInWalk(caller)
		_ = unix.Kill(caller, unix.SIGKILL)
		awaitEnd(caller)
		b, started := bystander{}, false
		if caught {
			b, started = startBystander(t, helper.pid, caller)
		}
		helper.finish()
		if !started { // the helper, or another process, was faster
			continue
		}
		if got := b.memory(); got != "untouched" {
			t.Errorf("the memory of process %d is %s after the answer to a process that had this number before", caller, got)
		}
		return
	}
	t.Fatal("the actor has ended")
}

// stoppable is a helper whose callers have a directory of their own.
type stoppable struct {
	t   *testing.T
	pid int
	dir string
}

// stopInWalk stops the helper while it follows the caller's path, and tells whether it was in time.
func (h stoppable) stopInWalk(caller int) bool {
	for !h.walking() && unix.Kill(caller, 0) == nil {
		runtime.Gosched()
	}
	h.signal(unix.SIGSTOP)
	for stat := []byte(nil); !bytes.Contains(stat, []byte(") T ")); {
		stat, _ = os.ReadFile(fmt.Sprintf("/proc/%d/stat", h.pid))
	}
	return h.walking()
}

// finish continues the helper until it has answered.
func (h stoppable) finish() {
	h.signal(unix.SIGCONT)
	for h.walking() {
		<-time.After(time.Millisecond)
	}
	<-time.After(50 * time.Millisecond) // it writes after the walk
}

func (h stoppable) signal(s unix.Signal) {
	if err := unix.Kill(h.pid, s); err != nil {
		h.t.Fatal(err)
	}
}

// walking tells whether a thread of the helper is in the callers' directory.
func (h stoppable) walking() bool {
	links, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/cwd", h.pid))
	for _, link := range links {
		if cwd, _ := os.Readlink(link); cwd == h.dir {
			return true
		}
	}
	return false
}

func awaitEnd(pid int) {
	for unix.Kill(pid, 0) == nil {
		<-time.After(time.Millisecond)
	}
}

// bystander is a process in the helper's user namespace, so that the helper has the right to write into its memory.
type bystander struct {
	cmd *exec.Cmd
	in  io.Closer
	out *bufio.Reader
}

// startBystander starts processes until one has the wanted number, unless a process of somebody else has got it.
func startBystander(t *testing.T, helper, want int) (bystander, bool) {
	t.Helper()
	for range 10 {
		// The kernel gives the next process the next free number after this one.
		if err := os.WriteFile("/proc/sys/kernel/ns_last_pid", []byte(strconv.Itoa(want-1)), 0); err != nil {
			t.Fatal(err)
		}
		cmd := inDir(t, "/", "nsenter", "--user", "--preserve-credentials", "--target", strconv.Itoa(helper), "actor", "bystander")
		in, inErr := cmd.StdinPipe()
		out, outErr := cmd.StdoutPipe()
		if inErr != nil || outErr != nil || cmd.Start() != nil {
			t.Fatal(inErr, outErr)
		}
		b := bystander{cmd, in, bufio.NewReader(out)}
		if cmd.Process.Pid == want {
			if line := b.line(); line != "ready" {
				t.Fatalf("the bystander printed %q", line)
			}
			return b, true
		}
		_, _ = cmd.Process.Kill(), cmd.Wait()
	}
	return bystander{}, false
}

func (b bystander) line() string {
	line, _ := b.out.ReadString('\n')
	return strings.TrimSpace(line)
}

// memory returns what the process found in its memory.
func (b bystander) memory() string {
	_ = b.in.Close()
	defer func() { _ = b.cmd.Wait() }()
	return b.line()
}

// bystand is the actor.
func bystand([]string) {
	mapAnswer()
	say("ready")
	_, _ = io.Copy(io.Discard, os.Stdin)
	self, err := os.Open("/proc/self/mem")
	must(err)
	memory := make([]byte, page)
	_, err = self.ReadAt(memory, answerAddress)
	must(err)
	if bytes.Equal(memory, make([]byte, page)) {
		say("untouched")
		return
	}
	say("written to")
}

// mapAnswer maps a page of zeros where the answer goes.
func mapAnswer() {
	const flags = unix.MAP_PRIVATE | unix.MAP_ANONYMOUS | unix.MAP_FIXED
	none := -1
	_, _, errno := unix.Syscall6(unix.SYS_MMAP, answerAddress, page, unix.PROT_READ|unix.PROT_WRITE, flags, uintptr(none), 0)
	if errno != 0 {
		must(errno)
	}
}

// longWay is an actor that creates a file of the marker's owner, and links to links to it that take long to follow.
func longWay([]string) {
	must(os.MkdirAll("way/a", 0o777))
	must(os.Chdir("way"))
	must(os.WriteFile("link0", nil, 0o666))
	must(os.Chown("link0", marker, marker))
	for i := range maxFollowed - 2 {
		must(os.Symlink(strings.Repeat("a/../", 760)+"link"+strconv.Itoa(i), "link"+strconv.Itoa(i+1)))
	}
}

// staleCaller is an actor that follows that path: the caller that ends too early.
func staleCaller([]string) {
	must(os.Chdir("way"))
	mapAnswer()
	path := append([]byte("link"+strconv.Itoa(maxFollowed-2)), 0)
	dropCapabilities()
	say(unix.Gettid())
	cwd := unix.AT_FDCWD
	_, _, _ = unix.Syscall6(sysFstatat, uintptr(cwd), uintptr(unsafe.Pointer(&path[0])), answerAddress, 0, 0, 0)
}
