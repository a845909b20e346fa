package main

import (
	"os"

	"github.com/kubectl-img/kubectl-img/tests/cluster/fixture"
)

// lab is what all runs share.
type lab struct {
	*fixture.Fixture
	profile     string
	clockPlugin func() (string, error) // the path of a plugin whose clock can be wrong: see clock.go
	full        string                 // host:port of a registry on a full disk
	closers     []func()
}

func (l *lab) onClose(f func()) { l.closers = append(l.closers, f) }

// shutDown removes everything except the reports of runs with violations, which have directories of their own.
func (l *lab) shutDown() {
	for _, f := range l.closers {
		f()
	}
	_ = l.Close()
}

// environment has the cluster's variables and nothing of this machine's user.
func (l *lab) environment(home, kubeconfig string) []string {
	return append(l.Env(), "HOME="+home, "KUBECONFIG="+kubeconfig, "GORACE=halt_on_error=1", "TMPDIR="+os.TempDir())
}
