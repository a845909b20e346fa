package slot_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/kubectl-img/kubectl-img/images/builder/img/slot"
	"github.com/kubectl-img/kubectl-img/images/builder/img/slot/slottest"
)

// dial connects with an agent, and puts busybox into its container.
func dial(t *testing.T, name, keys string) *slot.Slot {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	s, err := slot.Dial(ctx, name, keys)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	program, err := os.ReadFile("/bin/busybox")
	if err != nil {
		t.Fatal(err)
	}
	_ = unix.Mkdirat(s.Root(), "bin", 0o755)
	for _, applet := range []string{"sh", "cat", "sleep", "setsid", "id", "kill", "ls", "rm", "ln"} {
		if err := os.WriteFile(inRoot(s, "bin/"+applet), program, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// inRoot is the path of a file in the slot.
func inRoot(s *slot.Slot, path string) string {
	return filepath.Join("/proc/self/fd", itoa(s.Root()), path)
}

func itoa(n int) string {
	digits := ""
	for ; n > 0; n /= 10 {
		digits = string(rune('0'+n%10)) + digits
	}
	return digits
}

// run runs a shell script in the slot, and returns its output.
func run(t *testing.T, s *slot.Slot, c slot.Command, script string) (slot.Result, string) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	in, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	if c.Args == nil {
		c.Args, c.Env, c.Dir = []string{"sh", "-c", script}, append(c.Env, "PATH=/bin"), "/"
	}
	result, err := s.Run(t.Context(), c, nil, in, w, w)
	_ = w.Close()
	output, readErr := io.ReadAll(r)
	if err = errors.Join(err, readErr); err != nil {
		t.Fatal(err)
	}
	return result, string(output)
}

func TestAgent(t *testing.T) {
	c := slottest.Start(t, "agent-"+t.Name())
	s := dial(t, c.Name, t.TempDir())
	if _, err := os.Stat(inRoot(s, "usr")); !os.IsNotExist(err) {
		t.Errorf("the container's own files are there: %v", err)
	}
	if content, err := os.ReadFile(inRoot(s, "etc/hosts")); err != nil || !strings.Contains(string(content), "localhost") {
		t.Errorf("/etc/hosts: %q, %v", content, err)
	}
	for _, tt := range []struct {
		name, script, output string
		command              slot.Command
		code                 int
	}{
		{name: "output", script: "echo out; echo err >&2", output: "out\nerr\n"},
		{name: "exit code", script: "exit 7", code: 7},
		{name: "signal", script: "kill -9 $$", code: 137},
		{name: "user", script: "id -u; id -g; id -G", command: slot.Command{UID: 12, GID: 34, Groups: []uint32{34, 56}}, output: "12\n34\n34 56\n"},
		{name: "limits", script: "ulimit -n", command: slot.Command{Limits: []slot.Limit{{Resource: unix.RLIMIT_NOFILE, Soft: 77, Hard: 88}}}, output: "77\n"},
		{name: "environment", script: "echo $NAME; cat /proc/self/environ | { read x; echo ${#x}; }", command: slot.Command{Env: []string{"NAME=value"}}, output: "value\n0\n"},
		{name: "all processes", script: "sleep 1000 & kill -9 -1; wait; echo there", output: "there\n"},
		{name: "process 1", script: "kill -9 1; kill -STOP 1; kill -INT 1; kill -QUIT 1; kill -HUP 1; echo there", output: "there\n"},
		{name: "left behind", script: "sleep 1000 & setsid sh -c 'sleep 1000 & sleep 1000' & echo started", output: "started\n"},
		{name: "nothing left", script: "for p in /proc/[0-9]*; do test $p = /proc/1 || test $p = /proc/$$ || cat $p/comm; done 2>/dev/null", output: "sh\n"},
		{name: "no such program", command: slot.Command{Args: []string{"nothing"}, Env: []string{"PATH=/bin"}, Dir: "/"}, code: 127},
	} {
		t.Run(tt.name, func(t *testing.T) {
			result, output := run(t, s, tt.command, tt.script)
			if tt.name == "nothing left" || tt.name == "environment" { // what the script's own children are called
				if tt.name == "nothing left" && strings.Contains(output, "sleep") {
					t.Errorf("%q", output)
				}
				return
			}
			if output != tt.output || result.Code != tt.code {
				t.Errorf("%+v, %q, want %d, %q", result, output, tt.code, tt.output)
			}
		})
	}
}

// TestAgentIsOutOfReach tries what a build step could do to process 1 of its container, as the same user and with the same capabilities. The same
// attacks succeed on another process of the step.
func TestAgentIsOutOfReach(t *testing.T) {
	c := slottest.Start(t, "agent-"+t.Name())
	s := dial(t, c.Name, t.TempDir())
	for _, attack := range []string{"cat /proc/$P/environ", "cat /proc/$P/maps", "ls /proc/$P/root/", "cat /proc/$P/fd/0", "cat /proc/$P/exe"} {
		if result, output := run(t, s, slot.Command{}, "P=1; "+attack+" >/dev/null"); result.Code == 0 {
			t.Errorf("%s: %q", attack, output)
		}
		if result, output := run(t, s, slot.Command{}, "sleep 1000 & P=$!; "+attack+" >/dev/null"); result.Code != 0 {
			t.Errorf("%s does not succeed on another process: %q", attack, output)
		}
	}
}

// TestDevices changes /dev, which outlives a build step.
func TestDevices(t *testing.T) {
	c := slottest.Start(t, "agent-"+t.Name())
	s := dial(t, c.Name, t.TempDir())
	const look = "cd /dev; ls -l | while read mode x user group a b c d e name; do echo $mode $user $a $b $name; done; ls -l stdout | { read x; echo ${x##*-}; }"
	_, before := run(t, s, slot.Command{}, look)
	result, _ := run(t, s, slot.Command{}, "cd /dev; rm null stdout; ln -s /etc/passwd stdout; echo x > new; echo x > zero; echo evil > null")
	if result.Error != "" || result.Code != 0 {
		t.Fatalf("%+v", result)
	}
	if _, after := run(t, s, slot.Command{}, look); after != before {
		t.Errorf("%s\nwant:\n%s", after, before)
	}
}

// TestCancel ends a step whose engine is no longer interested, or is gone.
func TestCancel(t *testing.T) {
	c := slottest.Start(t, "agent-"+t.Name())
	keys := t.TempDir()
	s := dial(t, c.Name, keys)
	in, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	command := slot.Command{Args: []string{"sleep", "1000"}, Env: []string{"PATH=/bin"}, Dir: "/"}
	result, err := s.Run(ctx, command, nil, in, in, in)
	if err != nil || result.Code != 137 {
		t.Errorf("%+v, %v", result, err)
	}
	go func() {
		<-time.After(300 * time.Millisecond)
		_ = s.Close()
	}()
	if _, err := s.Run(t.Context(), command, nil, in, in, in); err == nil {
		t.Error("a closed connection has a result")
	}
	again := dial(t, c.Name, keys)
	if _, output := run(t, again, slot.Command{}, "for p in /proc/[0-9]*; do cat $p/comm; done 2>/dev/null"); strings.Contains(output, "sleep") {
		t.Errorf("the step still runs: %s", output)
	}
}

// TestEnd ends the container.
func TestEnd(t *testing.T) {
	c := slottest.Start(t, "agent-"+t.Name())
	s := dial(t, c.Name, t.TempDir())
	in, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan int, 1)
	go func() {
		<-time.After(300 * time.Millisecond)
		ended <- c.Terminate()
	}()
	_, err = s.Run(t.Context(), slot.Command{Args: []string{"sleep", "1000"}, Env: []string{"PATH=/bin"}, Dir: "/"}, nil, in, in, in)
	if code := <-ended; !errors.Is(err, slot.ErrEnded) || code != 0 {
		t.Errorf("%v, exit code %d", err, code)
	}
}

func TestCheck(t *testing.T) {
	c := slottest.Start(t, "agent-"+t.Name())
	keys := t.TempDir()
	for range 2 {
		if err := slot.Check(t.Context(), c.Name, keys); err != nil {
			t.Error(err)
		}
	}
	weak := slottest.Start(t, "weak-"+t.Name(), unix.CAP_KILL, unix.CAP_FSETID)
	if err := slot.Check(t.Context(), weak.Name, keys); err == nil || !strings.HasSuffix(err.Error(), ": the container lacks the capabilities FSETID, KILL") {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := slot.Check(ctx, "nobody", keys); err == nil || strings.Contains(err.Error(), "\n") {
		t.Errorf("%v", err)
	}
}

// TestTrust plays the other side: a process of another slot, and one that has taken the name of an agent.
func TestTrust(t *testing.T) {
	c := slottest.Start(t, "agent-"+t.Name())
	keys := t.TempDir()
	_ = dial(t, c.Name, keys).Close()
	var untrusted *slot.UntrustedError
	if s, err := slot.Dial(t.Context(), c.Name, t.TempDir()); !errors.As(err, &untrusted) {
		t.Errorf("an engine without the key gets %v, %v", s, err)
	}
	if err := os.WriteFile(filepath.Join(keys, "other"), make([]byte, 32), 0o600); err != nil {
		t.Fatal(err)
	}
	wrong := t.TempDir()
	if err := os.WriteFile(filepath.Join(wrong, c.Name), make([]byte, 32), 0o600); err != nil {
		t.Fatal(err)
	}
	if s, err := slot.Dial(t.Context(), c.Name, wrong); !errors.As(err, &untrusted) {
		t.Errorf("an engine with a wrong key gets %v, %v", s, err)
	}
	dial(t, c.Name, keys)
	c.Kill()
	// Another process takes the name.
	second := slottest.Start(t, c.Name)
	if s, err := slot.Dial(t.Context(), second.Name, keys); !errors.Is(err, slot.ErrEnded) {
		t.Errorf("an agent that has started again is taken for the one before: %v, %v", s, err)
	}
}

// TestStepCannotConnect connects from inside the container while the engine's connection is open, and again when it is closed.
func TestStepCannotConnect(t *testing.T) {
	c := slottest.Start(t, "agent-"+t.Name())
	keys := t.TempDir()
	s := dial(t, c.Name, keys)
	program, err := os.ReadFile(slottest.Program(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(inRoot(s, "attack"), program, 0o755); err != nil {
		t.Fatal(err)
	}
	result, output := run(t, s, slot.Command{}, "/attack attack "+c.Name)
	if result.Code != 0 || !strings.HasPrefix(output, "read 0 bytes") {
		t.Errorf("%+v, %s", result, output)
	}
	// The step's connection waits for the engine's end, and has its turn then.
	_ = s.Close()
	dial(t, c.Name, keys)
	if !strings.Contains(c.Log.String(), "a process of this container has tried to connect") {
		t.Errorf("agent: %s", c.Log)
	}
}
