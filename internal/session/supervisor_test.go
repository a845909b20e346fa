package session

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	osexec "os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kubectl-img/kubectl-img/exec"
	"github.com/kubectl-img/kubectl-img/internal/engine"
	"github.com/kubectl-img/kubectl-img/internal/session/supervisor"
)

// pod runs the real supervisor as a local process, with the paths of the pod moved below a directory of the test.
type pod struct {
	t          *testing.T
	root       string
	shell      []string
	enter      []string // what execs go through to be with the supervisor
	supervisor *osexec.Cmd
	ended      chan struct{}
}

var shells = map[string][]string{"dash": {"dash"}, "busybox": {"busybox", "sh"}}

// eachShell runs test once for every shell that builder images come with.
func eachShell(t *testing.T, test func(t *testing.T, shell []string)) {
	for name, shell := range shells {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, shell)
		})
	}
}

// startPod starts the supervisor; env overrides what the pod's environment would hold.
func startPod(t *testing.T, shell []string, env ...string) *pod {
	t.Helper()
	return startPodWith(t, shell, func(*pod) {}, env...)
}

// startPodWith lets a test arrange the pod's files first.
func startPodWith(t *testing.T, shell []string, arrange func(*pod), env ...string) *pod {
	t.Helper()
	p := newPod(t, shell)
	arrange(p)
	p.start(env...)
	return p
}

// newPod lays out what the supervisor finds in its container.
func newPod(t *testing.T, shell []string) *pod {
	t.Helper()
	p := &pod{t: t, root: t.TempDir(), shell: shell, ended: make(chan struct{})}
	text := strings.NewReplacer(
		Dir, p.path("run"), Workspace, p.path("workspace"), "/dev/termination-log", p.path("termination"),
		MountsDir, p.path("secrets"), "/sys/fs/cgroup", p.path("cgroup"), "/proc/", p.path("proc")+"/", "/usr/bin/unshare", p.path("bin/unshare"),
		"/etc/subuid /etc/subgid", p.path("subuid"),
	).Replace(supervisor.Script())
	p.write("supervisor", text)
	p.write("subuid", "user:1001:64534\n")
	for _, dir := range []string{"run", "workspace", "bin"} {
		if err := os.Mkdir(p.path(dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("/proc", p.path("proc")); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *pod) start(env ...string) {
	p.t.Helper()
	p.supervisor = p.command("supervise")
	p.supervisor.Env = append(p.supervisor.Env, env...)
	if err := p.supervisor.Start(); err != nil {
		p.t.Fatal(err)
	}
	go func() {
		_ = p.supervisor.Wait()
		close(p.ended)
	}()
	p.t.Cleanup(func() {
		kill(p.supervisor)
		<-p.ended
	})
}

func (p *pod) path(name string) string { return filepath.Join(p.root, name) }

func (p *pod) write(name, text string) {
	if err := os.WriteFile(p.path(name), []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
}

func (p *pod) read(name string) string {
	text, _ := os.ReadFile(p.path(name))
	return string(text)
}

func (p *pod) command(args ...string) *osexec.Cmd {
	argv := append(slices.Concat(p.enter, p.shell), p.path("supervisor"))
	cmd := osexec.CommandContext(p.t.Context(), argv[0], append(argv[1:], args...)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Env = append(os.Environ(), "PROFILE=unconfined", "LEASH_GRACE=60", "USER=user", "TOOLS=true",
		"PATH="+p.path("bin")+":"+os.Getenv("PATH"), "ENTER=", "BLOBS="+p.path("blobs"), "XDG_RUNTIME_DIR="+p.path("run/xdg"), "STATE="+p.path("state"), "PROBE=true")
	return cmd
}

// kill ends cmd and all it started, as the end of a container does.
func kill(cmd *osexec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }

// run is the exec of the tests: a verb of the supervisor as a local process.
func (p *pod) run(ctx context.Context, argv []string, s exec.Streams) error {
	cmd := p.command(argv[2:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = s.Stdin, s.Stdout, s.Stderr
	cmd.WaitDelay = time.Second
	if err := cmd.Start(); err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	select {
	case err := <-done:
		var exit *osexec.ExitError
		if errors.As(err, &exit) {
			return &exec.ExitError{Code: exit.ExitCode()}
		}
		return err
	case <-ctx.Done():
		kill(cmd)
		return context.Cause(ctx)
	}
}

// session connects to the supervisor for the rest of the test.
func (p *pod) session(log *bytes.Buffer, changes ...func(*Session)) (*Session, context.Context) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	s := New(p.run, 10*time.Second, Notes{})
	for _, change := range changes {
		change(s)
	}
	followed := make(chan struct{})
	go func() {
		defer close(followed)
		s.Follow(ctx, log)
	}()
	p.t.Cleanup(func() {
		cancel()
		<-followed
	})
	return s, ctx
}

// job is a payload of files and the steps to run.
func (p *pod) job(files map[string]string, steps ...engine.Step) Payload {
	return Payload{Write: func(w *tar.Writer) error {
		all := map[string]string{"run/upload/job": Script(steps)}
		for name, text := range files {
			all["workspace/context/"+name] = text
		}
		for name, text := range all {
			h := &tar.Header{Typeflag: tar.TypeReg, Name: Entry(p.path(name)), Mode: 0o644, Size: int64(len(text)), Format: tar.FormatGNU}
			if err := w.WriteHeader(h); err != nil {
				return err
			}
			if _, err := w.Write([]byte(text)); err != nil {
				return err
			}
		}
		return nil
	}}
}

func sh(phase engine.Phase, script string) engine.Step {
	return engine.Step{Phase: phase, Argv: []string{"sh", "-c", script}}
}

func outcome(t *testing.T, ctx context.Context, s *Session) (Result, error) {
	t.Helper()
	select {
	case o := <-s.Result():
		return o.Result, o.Err
	case <-ctx.Done():
		t.Fatal("no result")
		return Result{}, nil
	}
}

var nothing = func(int64) {}

func TestJobRunsAndReports(t *testing.T) {
	eachShell(t, func(t *testing.T, shell []string) {
		p := startPod(t, shell)
		hex := strings.Repeat("ab", 32)
		if err := os.Mkdir(p.path("blobs"), 0o700); err != nil {
			t.Fatal(err)
		}
		manifest := `{"mediaType": "m", "schemaVersion": 2, "config": {"mediaType": "c", "digest": "sha256:c0"}, "layers": [{"mediaType": "l", "digest": "sha256:1a"}]}`
		p.write("blobs/"+hex, manifest)
		var log bytes.Buffer
		s, ctx := p.session(&log)
		odd := "it's \"$HOME\" `x`\nand more"
		err := s.Upload(ctx, p.job(map[string]string{"a": "content"},
			engine.Step{Phase: engine.PhaseBuild, Argv: []string{"printf", "[%s]\n", odd}},
			sh(engine.PhaseBuild, "cat "+p.path("workspace/context/a")),
			sh(engine.PhaseDigest, "echo NAME DIGEST; echo image sha256:"+hex),
			sh(engine.PhasePush, "echo pushed >&2")), nothing)
		if err != nil {
			t.Fatal(err)
		}
		got, err := outcome(t, ctx, s)
		want := Result{Digest: "sha256:" + hex, Size: int64(len(manifest)), MediaType: "m", Config: "sha256:c0"}
		if err != nil || got != want {
			t.Errorf("result %+v, %v; want %+v", got, err, want)
		}
		if want := "[" + odd + "]\ncontentpushed\n"; log.String() != want {
			t.Errorf("log %q, want %q", log.String(), want)
		}
		if r, err := ParseResult(p.read("termination")); err != nil || r != want {
			t.Errorf("termination message %+v, %v", r, err)
		}
	})
}

func TestFirstFailingStepEndsTheJob(t *testing.T) {
	eachShell(t, func(t *testing.T, shell []string) {
		p := startPod(t, shell)
		var log bytes.Buffer
		s, ctx := p.session(&log)
		if err := s.Upload(ctx, p.job(nil, sh(engine.PhaseBuild, "echo before; exit 7"), sh(engine.PhasePush, "echo after")), nothing); err != nil {
			t.Fatal(err)
		}
		_, err := outcome(t, ctx, s)
		var failed *JobError
		if !errors.As(err, &failed) || failed.Phase != "build" || failed.Code != 7 {
			t.Errorf("error %#v, want the build's exit code 7", err)
		}
		if log.String() != "before\n" {
			t.Errorf("log %q", log.String())
		}
	})
}

// A job that is killed leaves no exit code, and that is no success.
func TestKilledJobIsAFailure(t *testing.T) {
	eachShell(t, func(t *testing.T, shell []string) {
		p := startPod(t, shell)
		var log bytes.Buffer
		s, ctx := p.session(&log)
		// The step's parent is the job's shell, and its parent the one that keeps the exit code.
		kill := "kill -9 $(sed -n 's/^PPid:.//p' /proc/$PPID/status) $PPID"
		if err := s.Upload(ctx, p.job(nil, sh(engine.PhaseBuild, kill)), nothing); err != nil {
			t.Fatal(err)
		}
		_, err := outcome(t, ctx, s)
		var failed *JobError
		if !errors.As(err, &failed) || failed.Phase != "killed" {
			t.Errorf("%v", err)
		}
	})
}

func TestLogResumesAtTheByte(t *testing.T) {
	eachShell(t, func(t *testing.T, shell []string) {
		p := startPod(t, shell)
		var log bytes.Buffer
		s, ctx := p.session(&log, func(s *Session) {
			honest, calls := s.run, 0
			s.run = func(ctx context.Context, argv []string, st exec.Streams) error {
				if argv[2] == "follow" && calls < 5 {
					calls++
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, time.Duration(calls)*130*time.Millisecond)
					defer cancel()
				}
				return honest(ctx, argv, st)
			}
		})
		if err := s.Upload(ctx, p.job(nil, sh(engine.PhaseBuild, "for i in 1 2 3 4 5 6 7 8 9 10; do echo line $i; sleep 0.2; done")), nothing); err != nil {
			t.Fatal(err)
		}
		if _, err := outcome(t, ctx, s); err != nil {
			t.Fatal(err)
		}
		var want strings.Builder
		for i := range 10 {
			fmt.Fprintf(&want, "line %d\n", i+1)
		}
		if log.String() != want.String() {
			t.Errorf("log %q", log.String())
		}
	})
}

func TestSupervisorEndsWithoutAClient(t *testing.T) {
	eachShell(t, func(t *testing.T, shell []string) {
		p := startPod(t, shell, "LEASH_GRACE=1")
		select {
		case <-p.ended:
		case <-time.After(10 * time.Second):
			t.Fatal("still running")
		}
		var failed *JobError
		if _, err := ParseResult(p.read("termination")); !errors.As(err, &failed) || failed.Phase != "abandoned" {
			t.Errorf("termination message %q", p.read("termination"))
		}
	})
}

func TestSupervisorEndsOnSIGTERMInEveryState(t *testing.T) {
	eachShell(t, func(t *testing.T, shell []string) {
		for _, when := range []string{"waiting", "building", "done"} {
			p := startPod(t, shell)
			var log bytes.Buffer
			s, ctx := p.session(&log)
			if when != "waiting" {
				script := map[string]string{"building": "sleep 20", "done": ":"}[when]
				if err := s.Upload(ctx, p.job(nil, sh(engine.PhaseBuild, script)), nothing); err != nil {
					t.Fatal(err)
				}
			} else {
				<-s.Connected()
			}
			if when == "done" {
				if _, err := outcome(t, ctx, s); err != nil {
					t.Fatal(err)
				}
			}
			start := time.Now()
			s.Release()
			select {
			case <-p.ended:
			case <-time.After(5 * time.Second):
				t.Fatalf("%s: still running", when)
			}
			if took := time.Since(start); took > 4*time.Second {
				t.Errorf("%s: ended only after %s", when, took)
			}
		}
	})
}

func TestFetchIsWholeOrAnError(t *testing.T) {
	eachShell(t, func(t *testing.T, shell []string) {
		p := startPod(t, shell)
		var log, got bytes.Buffer
		s, ctx := p.session(&log)
		content := strings.Repeat("0123456789", 300_000)
		p.write("workspace/output", content)
		if err := s.Fetch(ctx, p.path("workspace/output"), &got); err != nil || got.String() != content {
			t.Errorf("fetched %d bytes, %v", got.Len(), err)
		}
		honest := s.run
		s.run = func(ctx context.Context, argv []string, st exec.Streams) error {
			st.Stdout = &cutter{st.Stdout, 1000}
			ctx, cancel := context.WithTimeout(ctx, time.Second)
			defer cancel()
			return honest(ctx, argv, st)
		}
		if err := s.Fetch(ctx, p.path("workspace/output"), &got); err == nil {
			t.Error("a cut stream was taken for the whole file")
		}
	})
}

// noise does not compress, so that a stream of it can be cut where the test wants.
func noise(size int) string {
	b := make([]byte, size)
	_, _ = rand.Read(b)
	return string(b)
}

// endless never ends by itself.
type endless struct {
	io.Reader
	ctx context.Context
}

func (e *endless) Read(p []byte) (int, error) {
	n, err := e.Reader.Read(p)
	if err != nil {
		<-e.ctx.Done()
	}
	return n, err
}

// then does something where a stream ends.
type then func()

func (do then) Read([]byte) (int, error) {
	do()
	return 0, io.EOF
}

// cutter loses everything after the first bytes without a word, as a connection can.
type cutter struct {
	w    interface{ Write([]byte) (int, error) }
	left int
}

func (c *cutter) Write(p []byte) (int, error) {
	n := min(len(p), c.left)
	c.left -= n
	_, err := c.w.Write(p[:n])
	return len(p), err
}
