package e2e_test

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubectl-img/kubectl-img/tests/cluster/clustertest"
	"github.com/kubectl-img/kubectl-img/tests/cluster/program"
)

// limit is how long a run of the plugin may take.
var limit = 120 * time.Second

// call describes a run of the plugin or of another program.
type call struct {
	program string // default: the plugin
	dir     string
	stdin   io.Reader
	files   []*os.File // descriptors 3 and up
	stderr  *os.File   // a terminal, for example
	env     []string   // in addition to the cluster's
	user    *syscall.Credential
	args    []string
	report  bool // a failed run may write to stdout, too

	patience time.Duration // default: limit
}

// build is the verb build in a namespace.
func build(ns string, args ...string) call {
	return call{args: append([]string{"build", "-n", ns}, args...)}
}

// img is another verb in a namespace.
func img(ns, verb string, args ...string) call {
	return call{args: append([]string{verb, "-n", ns}, args...)}
}

// as runs the client as another user, who can read its home and kubeconfig.
func (c call) as(t *testing.T, uid int) call {
	t.Helper()
	home := t.TempDir()
	config := filepath.Join(home, "config")
	write(t, config, clustertest.Kubeconfig(t, shared, func(*clientcmdapi.Config) {}))
	for _, path := range []string{home, config} {
		if err := os.Chown(path, uid, uid); err != nil {
			t.Fatal(err)
		}
		// By default, only its owner can enter the parent directory of the home.
		if err := os.Chmod(filepath.Dir(home), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	c.user = &syscall.Credential{Uid: uint32(uid), Gid: uint32(uid)}
	c.env = append(c.env, "KUBECONFIG="+config, "HOME="+home)
	return c
}

// withCache makes a run use a cache directory, which other runs can share.
func (c call) withCache(dir string) call {
	c.env = append(c.env, "XDG_CACHE_HOME="+dir)
	return c
}

// run waits until the builds limit allows the run, and until it ends.
func (c call) run(t *testing.T) result {
	t.Helper()
	return c.start(t).wait(t)
}

// process is a running call.
type process struct {
	cmd            *exec.Cmd
	stdout, stderr program.Buffer
	cancel         context.CancelFunc
	started        time.Time
	ended          chan error
	report         bool
	patience       time.Duration
}

// start waits until the builds limit allows the run. The end of the test stops the process.
func (c call) start(t *testing.T) *process {
	t.Helper()
	release := c.enter()
	patience := max(c.patience, limit)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	p := &process{cancel: cancel, started: time.Now(), ended: make(chan error, 1), report: c.report, patience: patience}
	p.cmd = c.command(ctx, t)
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, &p.stderr
	if c.stderr != nil {
		p.cmd.Stderr = c.stderr
	}
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

// enter waits until the builds limit allows another build. Other verbs take little and are not limited.
func (c call) enter() (release func()) {
	if len(c.args) == 0 || c.args[0] != "build" {
		return func() {}
	}
	builds <- struct{}{}
	return func() { <-builds }
}

// command is the call with an environment in which nothing depends on this machine's user.
func (c call) command(ctx context.Context, t *testing.T) *exec.Cmd {
	path := c.program
	if path == "" {
		path = shared.Plugin
	}
	cmd := exec.CommandContext(ctx, path, c.args...)
	cmd.Dir, cmd.Stdin, cmd.WaitDelay = c.dir, c.stdin, 5*time.Second
	cmd.ExtraFiles = c.files
	// A process that hangs prints the stacks of its goroutines.
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGQUIT) }
	cmd.Env = append(shared.Env(), "HOME="+t.TempDir(), "GORACE=halt_on_error=1")
	cmd.Env = append(append(cmd.Env, machineEnv()...), c.env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: c.user}
	return cmd
}

// wait returns how the process ended. It ends the test if the process did not end by itself.
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

// await waits until the process has written text to stderr.
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
