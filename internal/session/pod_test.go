package session

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
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
	"github.com/kubectl-img/kubectl-img/internal/registryauth/google"
	"github.com/kubectl-img/kubectl-img/internal/session/supervisor"
)

// pod runs the real supervisor as a local process. The paths of the pod are below a directory of the test.
type pod struct {
	t          *testing.T
	root       string
	shell      []string
	enter      []string // how an exec enters the supervisor's namespaces
	supervisor *osexec.Cmd
	ended      chan struct{}
}

var shells = map[string][]string{"dash": {"dash"}, "busybox": {"busybox", "sh"}}

// shellTests are tests by case.
type shellTests map[string]func(t *testing.T, shell []string)

func runInShells(t *testing.T, tests shellTests) {
	for name, test := range tests {
		t.Run(name, func(t *testing.T) { eachShell(t, test) })
	}
}

func runInReceivers(t *testing.T, tests shellTests) {
	for name, test := range tests {
		t.Run(name, func(t *testing.T) { eachReceiver(t, test) })
	}
}

// eachShell runs test with every shell that builder images have.
func eachShell(t *testing.T, test func(t *testing.T, shell []string)) { inEach(t, shells, test) }

// eachReceiver runs test with every shell, and with an image whose engine receives the upload.
func eachReceiver(t *testing.T, test func(t *testing.T, shell []string)) {
	all := maps.Clone(shells)
	all["img receives"] = engineReceives(t)
	inEach(t, all, test)
}

func inEach(t *testing.T, shells map[string][]string, test func(t *testing.T, shell []string)) {
	for name, shell := range shells {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, shell)
		})
	}
}

// startPod starts the supervisor; env overrides the pod's environment.
func startPod(t *testing.T, shell []string, env ...string) *pod {
	t.Helper()
	return startPodWith(t, shell, func(*pod) {}, env...)
}

// startPodWith calls arrange before it starts the supervisor.
func startPodWith(t *testing.T, shell []string, arrange func(*pod), env ...string) *pod {
	t.Helper()
	p := newPod(t, shell)
	arrange(p)
	p.start(env...)
	return p
}

// newPod creates the files that the supervisor finds in its container.
func newPod(t *testing.T, shell []string) *pod {
	t.Helper()
	p := &pod{t: t, root: t.TempDir(), shell: shell, ended: make(chan struct{})}
	text := strings.NewReplacer(
		Dir, p.path("run"), Workspace, p.path("workspace"), "/dev/termination-log", p.path("termination"),
		MountsDir, p.path("secrets"), "/sys/fs/cgroup", p.path("cgroup"), "/proc/", p.path("proc")+"/", "/usr/bin/unshare", p.path("bin/unshare"),
		"/etc/subuid /etc/subgid", p.path("subuid"),
	).Replace(supervisor.Script(google.Google{}.Description().Script))
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

// kill kills cmd and its children, as the end of a container does.
func kill(cmd *osexec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }

// run stands for exec: it runs a command of the supervisor as a local process.
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
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	s := New(p.run, 10*time.Second, Handlers{})
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

// job is a payload of context files and steps.
func (p *pod) job(files map[string]string, steps ...engine.Step) Payload {
	return Payload{Write: func(w *tar.Writer) error {
		all := map[string]string{"run/upload/job": stepCommands(steps)}
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

// writeJob is WriteJob with the paths of the test's pod, and a secret.
func (p *pod) writeJob(w *tar.Writer, prepare string, access RegistryAccess, steps ...engine.Step) error {
	var upload bytes.Buffer
	t := tar.NewWriter(&upload)
	if err := errors.Join(WriteJob(t, []byte("FROM scratch\n"), prepare, access, [][]byte{[]byte(secretText)}, steps), t.Close()); err != nil {
		return err
	}
	for r := tar.NewReader(&upload); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		content, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		content = []byte(strings.ReplaceAll(string(content), Dir, p.path("run")))
		h.Name, h.Size = strings.Replace(h.Name, Entry(Dir), Entry(p.path("run")), 1), int64(len(content))
		if err := w.WriteHeader(h); err != nil {
			return err
		}
		if _, err := w.Write(content); err != nil {
			return err
		}
	}
}

func sh(phase engine.Phase, script string) engine.Step {
	return engine.Step{Phase: phase, Argv: []string{"sh", "-c", script}}
}

// build uploads a payload and returns the outcome.
func build(t *testing.T, ctx context.Context, s *Session, payload Payload) (Result, error) {
	t.Helper()
	if err := s.Upload(ctx, payload, ignoreProgress); err != nil {
		t.Fatal(err)
	}
	return outcome(t, ctx, s)
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

func ignoreProgress(int64) {}

const secretText = "a secret of the build"
