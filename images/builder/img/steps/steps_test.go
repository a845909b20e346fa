package steps

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/containerd/containerd/v2/core/mount"
	"github.com/moby/buildkit/executor"
	gatewayapi "github.com/moby/buildkit/frontend/gateway/pb"
	"github.com/moby/buildkit/solver/pb"
)

func TestSteps(t *testing.T) {
	b := newBench(t, 1)
	b.must("mkdir /data; echo one > /data/file; ln -s file /data/link; chmod 4755 /data/file")
	if got, want := b.files(), "/data /data/file /data/link /dev /etc /proc /sys"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	first := b.lower
	b.must("rm -r /data; touch /new")
	if got, want := b.files(), "/dev /etc /new /proc /sys"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	b.lower = first // another stage
	if got := b.must("cat /data/link; ls /new 2>&1" + "; true"); !strings.HasPrefix(got, "one\n") || !strings.Contains(got, "No such file") {
		t.Errorf("%q", got)
	}
	if info, err := os.Stat(filepath.Join(first, "data/file")); err != nil || info.Mode() != 0o755|os.ModeSetuid {
		t.Errorf("%v, %v", info, err)
	}
}

func TestFailure(t *testing.T) {
	b := newBench(t, 1)
	err := b.step(executor.Meta{}, "touch /half; exit 3")
	var exit *gatewayapi.ExitError
	if !errors.As(err, &exit) || exit.ExitCode != 3 {
		t.Errorf("%v", err)
	}
	b.must("touch /whole")
	if got := b.files(); strings.Contains(got, "half") {
		t.Error(got)
	}
	for _, meta := range []executor.Meta{{NetMode: pb.NetMode_NONE}, {SecurityMode: pb.SecurityMode_INSECURE}, {Tty: true}} {
		if err := b.step(meta, "true"); err == nil {
			t.Errorf("%+v is accepted", meta)
		}
	}
}

func TestUserAndDirectory(t *testing.T) {
	b := newBench(t, 1)
	b.must("mkdir -p /etc /root/private; echo app:x:12:34::/home/app:/bin/sh > /etc/passwd; echo other:x:56:app > /etc/group; chmod 700 /root")
	for _, tt := range []struct {
		meta executor.Meta
		want string
	}{
		{executor.Meta{User: "app", Cwd: "/work/dir"}, "12 34 34 56 /home/app /work/dir 12\n"},
		{executor.Meta{User: "app", Cwd: "/root/private"}, "12 34 34 56 /home/app /root/private 0\n"},
		{executor.Meta{User: "7:8"}, "7 8 8 / / 0\n"},
	} {
		script := "echo $(id -u) $(id -g) $(id -G) $HOME $(pwd) $(stat -c %u . 2>/dev/null); echo x > /dev/stdout"
		if err := b.step(tt.meta, script); err != nil || b.output.String() != tt.want+"x\n" {
			t.Errorf("%v: %v: %q, want %q", tt.meta, err, b.output.String(), tt.want)
		}
	}
}

func TestMounts(t *testing.T) {
	b := newBench(t, 1)
	b.must("mkdir -p /have; echo image > /have/file")
	cache, source, secret := t.TempDir(), t.TempDir(), filepath.Join(t.TempDir(), "secret")
	for path, content := range map[string]string{filepath.Join(cache, "old"): "old", filepath.Join(source, "src"): "src", secret: "s3cr3t"} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	mounts := []executor.Mount{
		{Src: bind(source), Dest: "/cache/nested", Readonly: true},
		{Src: bind(cache), Dest: "/cache"},
		{Src: bind(source), Dest: "/have", Readonly: true},
		{Src: fixed{mount.Mount{Type: "tmpfs"}}, Dest: "/tmpfs"},
		{Src: bind(secret), Dest: "/run/secrets/id", Readonly: true},
		{Src: bind(source), Dest: "/dev/pipes", Readonly: true},
	}
	slices.SortFunc(mounts, func(a, b executor.Mount) int { return strings.Compare(a.Dest, b.Dest) })
	got := b.must(`cat /cache/old /cache/nested/src /have/src /run/secrets/id /dev/pipes/src; test ! -e /have/file
		ln /run/secrets/id /hard; mv /run/secrets/id /moved; rm /cache/old; echo new > /cache/new; touch /have/x /tmpfs/x /cache/nested/x; mv /have /elsewhere; touch /kept`, mounts...)
	if got != "oldsrcsrcs3cr3tsrc" {
		t.Errorf("%q", got)
	}
	if got, want := b.files(), "/cache /dev /etc /have /have/file /kept /proc /run /run/secrets /sys"; got != want && got != strings.Replace(want, "/cache ", "", 1) {
		t.Errorf("%s, want %s", got, want)
	}
	for dir, want := range map[string]string{cache: "new", source: "src"} {
		entries, err := os.ReadDir(dir)
		if err != nil || len(entries) != 1 || entries[0].Name() != want {
			t.Errorf("%v, %v, want %s", entries, err, want)
		}
	}
	if got := b.must("cat /have/file; ls /dev /run/secrets"); !strings.HasPrefix(got, "image\n") || strings.Contains(got, "pipes") {
		t.Errorf("%q", got)
	}
}

// TestFailedStepKeepsCache fails after it has written to a cache.
func TestFailedStepKeepsCache(t *testing.T) {
	b := newBench(t, 1)
	cache := t.TempDir()
	if err := b.step(executor.Meta{}, "echo x > /cache/x; exit 1", executor.Mount{Src: bind(cache), Dest: "/cache"}); err == nil {
		t.Error("no error")
	}
	if _, err := os.Stat(filepath.Join(cache, "x")); err != nil {
		t.Error(err)
	}
}

// TestPlantedMountPoint has a mount point behind links that lead out of the image.
func TestPlantedMountPoint(t *testing.T) {
	b := newBench(t, 1)
	outside := t.TempDir()
	b.must("ln -s " + outside + " /link; ln -s ../../../.. /up")
	source := t.TempDir()
	b.must("touch /x", executor.Mount{Src: bind(source), Dest: "/link/in"}, executor.Mount{Src: bind(source), Dest: "/up/in"})
	if entries, err := os.ReadDir(outside); err != nil || len(entries) > 0 {
		t.Errorf("%v, %v", entries, err)
	}
}

func TestSocket(t *testing.T) {
	b := newBench(t, 1)
	path := filepath.Join(t.TempDir(), "agent")
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = c.Write([]byte("key\n"))
			_ = c.Close()
		}
	}()
	b.must("test -S /run/agent", executor.Mount{Src: bind(path), Dest: "/run/agent"})
	if strings.Contains(b.files(), "agent") {
		t.Error(b.files())
	}
}

// TestSharedCache has two steps write to one cache at the same time.
func TestSharedCache(t *testing.T) {
	b := newBench(t, 2)
	cache := t.TempDir()
	failed := make(chan error, 2)
	for _, name := range []string{"a", "b"} {
		other := &bench{Executor: b.Executor, t: t, lower: b.lower}
		go func() {
			failed <- other.step(executor.Meta{}, "echo x > /cache/both; echo x > /cache/"+name, executor.Mount{Src: bind(cache), Dest: "/cache"})
		}()
	}
	if err := errors.Join(<-failed, <-failed); err != nil {
		t.Error(err)
	}
	if entries, err := os.ReadDir(cache); err != nil || len(entries) != 3 {
		t.Errorf("%v, %v", entries, err)
	}
}

// TestFrontend runs a frontend, which waits for a step, in the only slot, and in one of two.
func TestFrontend(t *testing.T) {
	for slots, want := range map[int]string{1: "one more", 2: ""} {
		b := newBench(t, slots)
		r, w := io.Pipe()
		started := make(chan error, 1)
		frontend := snapshot{t.TempDir(), b.lower}
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			meta := executor.Meta{Args: []string{"cat"}, Env: []string{"PATH=/bin"}}
			_, err := b.Run(ctx, "", executor.Mount{Src: frontend}, nil, executor.ProcessInfo{Meta: meta, Stdin: r, Stdout: discard{io.Discard}, Stderr: discard{io.Discard}}, nil)
			started <- err
		}()
		_, _ = w.Write([]byte("x")) // it is running when this has been read
		err := b.step(executor.Meta{}, "true")
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%d slots: %v", slots, err)
		}
		_ = w.Close()
		if err := <-started; err != nil {
			t.Error(err)
		}
		cancel()
	}
}

// TestCancel ends a step whose build is cancelled, and runs another one.
func TestCancel(t *testing.T) {
	b := newBench(t, 1)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	meta := executor.Meta{Args: []string{"sleep", "1000"}, Env: []string{"PATH=/bin"}}
	_, err := b.Run(ctx, "", executor.Mount{Src: snapshot{t.TempDir(), b.lower}}, nil, executor.ProcessInfo{Meta: meta}, nil)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
	b.must("true")
}

// TestSharedMemory leaves something in memory that outlives processes.
func TestSharedMemory(t *testing.T) {
	b := newBench(t, 1)
	b.must("echo x > /dev/shm/left; test -e /dev/shm/left")
	b.must("test ! -e /dev/shm/left")
}
