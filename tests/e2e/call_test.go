package e2e_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// limit is what any run of the plugin may take.
const limit = 120 * time.Second

// call is one run of the plugin, or of kubectl where program says so.
type call struct {
	program string // default: the plugin
	dir     string
	stdin   io.Reader
	env     []string // over the cluster's
	user    *syscall.Credential
	args    []string
	report  bool // stdout has one, however the run ends

	patience time.Duration // default: limit
}

// build is `kubectl-img build` in a namespace.
func build(ns string, args ...string) call {
	return call{args: append([]string{"build", "-n", ns}, args...)}
}

// as runs the client as another user, who gets a kubeconfig and a home to read.
func (c call) as(t *testing.T, uid int) call {
	t.Helper()
	home := t.TempDir()
	config := filepath.Join(home, "config")
	write(t, config, flatKubeconfig(t))
	for _, path := range []string{home, config} {
		if err := os.Chown(path, uid, uid); err != nil {
			t.Fatal(err)
		}
		// The test's own directory is the parent of all its temporary ones.
		if err := os.Chmod(filepath.Dir(home), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	c.user = &syscall.Credential{Uid: uint32(uid), Gid: uint32(uid)}
	c.env = append(c.env, "KUBECONFIG="+config, "HOME="+home)
	return c
}

// flatKubeconfig holds the keys that the cluster's own names by path.
func flatKubeconfig(t *testing.T) string {
	t.Helper()
	config, err := clientcmd.LoadFromFile(shared.Kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	if err := clientcmdapi.FlattenConfig(config); err != nil {
		t.Fatal(err)
	}
	content, err := clientcmd.Write(*config)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// run waits for a place among the builds and for the end of the run.
func (c call) run(t *testing.T) result {
	t.Helper()
	return c.start(t).wait(t)
}

// process is a run of the plugin that has not ended.
type process struct {
	cmd            *exec.Cmd
	stdout, stderr buffer
	cancel         context.CancelFunc
	started        time.Time
	ended          chan error
	report         bool
	patience       time.Duration
}

// start returns a process that gives its place free when it ends, and that is killed with the test.
func (c call) start(t *testing.T) *process {
	t.Helper()
	release := c.enter()
	patience := max(c.patience, limit)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	p := &process{cancel: cancel, started: time.Now(), ended: make(chan error, 1), report: c.report, patience: patience}
	p.cmd = c.command(ctx, t)
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, &p.stderr
	if err := p.cmd.Start(); err != nil {
		cancel()
		release()
		t.Fatal(err)
	}
	go func() {
		defer release()
		p.ended <- p.cmd.Wait()
	}()
	t.Cleanup(cancel)
	return p
}

// enter waits for a place among the builds; other verbs cost nothing and need none.
func (c call) enter() (release func()) {
	if len(c.args) == 0 || c.args[0] != "build" {
		return func() {}
	}
	builds <- struct{}{}
	return func() { <-builds }
}

// command has an environment of its own: nothing of the machine's may decide how a test ends.
func (c call) command(ctx context.Context, t *testing.T) *exec.Cmd {
	program := c.program
	if program == "" {
		program = filepath.Join(bin, "kubectl-img")
	}
	cmd := exec.CommandContext(ctx, program, c.args...)
	cmd.Dir, cmd.Stdin, cmd.WaitDelay = c.dir, c.stdin, 5*time.Second
	// One that hangs is made to say where.
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGQUIT) }
	cmd.Env = append(shared.Env(), "HOME="+t.TempDir(), "GORACE=halt_on_error=1")
	cmd.Env = append(cmd.Env, c.env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: c.user}
	return cmd
}

// wait returns how the process ended; one that had to be stopped fails the test.
func (p *process) wait(t *testing.T) result {
	t.Helper()
	err := <-p.ended
	p.cancel()
	r := result{stdout: p.stdout.String(), stderr: p.stderr.String(), took: time.Since(p.started), report: p.report}
	var exit *exec.ExitError
	switch {
	case err == nil:
	case errors.As(err, &exit) && exit.Exited() && r.took < p.patience:
		r.code = exit.ExitCode()
	default:
		t.Fatalf("%v after %s\nstderr:\n%s", err, r.took, r.stderr)
	}
	r.check(t)
	return r
}

// await blocks until the process has said text on stderr.
func (p *process) await(t *testing.T, text string) {
	t.Helper()
	eventually(t, limit, "the client says "+text, func() bool {
		select {
		case err := <-p.ended:
			t.Fatalf("the client ended (%v) before it said %q:\n%s", err, text, p.stderr.String())
		default:
		}
		return strings.Contains(p.stderr.String(), text)
	})
}

func (p *process) signal(t *testing.T, s syscall.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

// buffer can be read while a process still writes to it.
type buffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
