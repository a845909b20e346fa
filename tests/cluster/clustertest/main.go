// Package clustertest has what the packages of tests on the cluster share: their TestMain, namespaces and files.
package clustertest

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"testing"

	"github.com/kubectl-img/kubectl-img/tests/cluster/fixture"
)

// Main is the body of a TestMain. It starts the cluster if it does not run, calls prepare, which compiles the plugin and keeps the fixture, and
// runs the tests. The cluster stays up: whoever started it stops it.
func Main(m *testing.M, name string, prepare func(context.Context, *fixture.Fixture) error) {
	flag.Parse()
	// Clients would inherit that a signal is ignored, as nohup does it for SIGHUP.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP)
	ctx := context.Background()
	f, err := fixture.New(ctx, name, os.Stderr)
	if err == nil {
		err = prepare(ctx, f)
	}
	if err == nil {
		m.Run() // the test binary exits with its result
	}
	if f != nil {
		_ = f.Close()
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "set up the %s tests: %v\n", name, err)
		os.Exit(1)
	}
}
