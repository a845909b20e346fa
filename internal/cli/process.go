// Package cli is what every command shares about its process: the environment, the streams, the exit codes, and the lines in which an error is reported.
// It knows nothing of Kubernetes, and no other package of this module.
package cli

import (
	"io"
	"net"
	"os"
	"strings"

	"golang.org/x/term"
	utilrand "k8s.io/apimachinery/pkg/util/rand"
	"k8s.io/cli-runtime/pkg/genericiooptions"
)

// Process is what a command knows of the process it runs in. Tests fill in another one.
type Process struct {
	Env        Environment
	Streams    genericiooptions.IOStreams
	PodName    func() string // a new name for a builder pod
	IsTerminal func(io.Writer) bool
	Host       func() Host
	CacheDir   func() (string, error) // the user's cache directory
	Undeleted  *UndeletedPods

	BuilderImage string // the default of --image
	Completing   bool   // a shell asks for completions
}

// Host is how this machine appears on the network.
type Host struct {
	Hostname  string
	Addresses []string // IP addresses, without a prefix length
}

// NewProcess returns the process as the operating system describes it, for an environment as os.Environ returns it.
func NewProcess(env []string, streams genericiooptions.IOStreams) Process {
	return Process{
		Env: env, Streams: streams, PodName: randomPodName, IsTerminal: IsTerminal, Host: thisHost, CacheDir: os.UserCacheDir, Undeleted: &UndeletedPods{},
	}
}

// InCluster reports whether this process runs in a pod. The kubelet sets the variable in every container.
func (p Process) InCluster() bool {
	host, _ := p.Env.Lookup("KUBERNETES_SERVICE_HOST")
	return host != ""
}

// User returns USER@HOST. It is a note for people who find the pod; nothing is decided by it.
func (p Process) User() string {
	user, _ := p.Env.Lookup("USER")
	if user == "" {
		user, _ = p.Env.Lookup("USERNAME") // on Windows
	}
	return strings.TrimPrefix(user+"@"+p.Host().Hostname, "@")
}

// IsTerminal reports whether w is a terminal.
func IsTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

func thisHost() Host {
	host := Host{}
	host.Hostname, _ = os.Hostname()
	addresses, _ := net.InterfaceAddrs()
	for _, a := range addresses {
		if ip, ok := a.(*net.IPNet); ok {
			host.Addresses = append(host.Addresses, ip.IP.String())
		}
	}
	return host
}

func randomPodName() string { return "img-" + utilrand.String(8) }
