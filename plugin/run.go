package plugin

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/go-logr/logr"
	"github.com/spf13/cobra"
	"golang.org/x/term"
	utilrand "k8s.io/apimachinery/pkg/util/rand"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/klog/v2"

	"github.com/kubectl-img/kubectl-img/internal/builder"
	"github.com/kubectl-img/kubectl-img/internal/panics"
)

// Plugin is one run of kubectl img.
type Plugin struct{ process }

// process is what a command knows of the process it runs in; tests give it another.
type process struct {
	env      []string // KEY=VALUE
	streams  genericiooptions.IOStreams
	podName  func() string // a name for the builder pod
	terminal func(io.Writer) bool
	host     func() builder.Host
	cacheDir func() (string, error) // the user's
	standing *standing

	completing bool // for a shell, which is told more than cobra tells it by itself
}

// inCluster tells whether this process runs in a pod; the kubelet sets the variable in all of them.
func (p process) inCluster() bool {
	host, _ := lookup(p.env, "KUBERNETES_SERVICE_HOST")
	return host != ""
}

// by says who runs this, for whoever finds the pod: nothing is decided by it.
func (p process) by() string {
	user, _ := lookup(p.env, "USER")
	if user == "" {
		user, _ = lookup(p.env, "USERNAME") // on Windows
	}
	return strings.TrimPrefix(user+"@"+p.host().Hostname, "@")
}

// thisHost is what the operating system says.
func thisHost() builder.Host {
	self := builder.Host{}
	self.Hostname, _ = os.Hostname()
	addresses, _ := net.InterfaceAddrs()
	for _, a := range addresses {
		if ip, ok := a.(*net.IPNet); ok {
			self.Addresses = append(self.Addresses, ip.IP.String())
		}
	}
	return self
}

// New returns kubectl img for an environment, a list of KEY=VALUE as os.Environ gives it.
func New(env []string, streams genericiooptions.IOStreams) *Plugin {
	// Once, as klog wants it: doctor runs several builds in one process. A build with --verbose shows client-go's log.
	klog.SetLogger(logr.Discard())
	return &Plugin{process{env: env, streams: streams, podName: randomPodName, terminal: isTerminal, host: thisHost, cacheDir: os.UserCacheDir, standing: &standing{}}}
}

// Run carries out a command line, without the program's name, and returns the exit code. Of an error it writes one line
// and a hint.
func (p *Plugin) Run(ctx context.Context, args []string) int {
	run := p.process
	run.completing = isCompletion(args)
	cmd := newRootCommand(run, (*Plan).carryOut)
	cmd.SetArgs(args)
	return Report(execute(ctx, cmd), p.streams.ErrOut)
}

// execute turns a panic into an error: what was deferred has been done by then.
func execute(ctx context.Context, cmd *cobra.Command) error {
	return panics.Do(func() error { return cmd.ExecuteContext(ctx) })
}

// Abandon writes the commands that delete what a run leaves behind which ends right now.
func (p *Plugin) Abandon() {
	for _, command := range p.standing.list() {
		_, _ = fmt.Fprintln(p.streams.ErrOut, "warning: a builder pod may be left behind; delete it with: "+command)
	}
}

// standing is the pods whose create may have been sent and whose delete has not been answered.
type standing struct {
	mu       sync.Mutex
	commands []string
}

func (s *standing) add(command string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.commands = append(s.commands, command)
}

func (s *standing) remove(command string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := slices.Index(s.commands, command); i >= 0 {
		s.commands = slices.Delete(s.commands, i, i+1)
	}
}

func (s *standing) list() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.commands)
}

func randomPodName() string { return "img-" + utilrand.String(8) }

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
