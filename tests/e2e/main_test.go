// Package e2e_test runs the plugin on a real cluster, with the real engine and real registries.
package e2e_test

import (
	"context"
	"flag"
	"path/filepath"
	"testing"

	"k8s.io/client-go/kubernetes"

	"github.com/kubectl-img/kubectl-img/tests/cluster/clustertest"
	"github.com/kubectl-img/kubectl-img/tests/cluster/fixture"
)

// What every test shares.
var (
	shared *fixture.Fixture // the cluster, its clients and the plugin
	client kubernetes.Interface
	bin    string // the directory of the plugin
)

// Names for what most tests use.
var (
	eventually = clustertest.Eventually
	write      = clustertest.WriteFile
	read       = clustertest.ReadFile
)

// builds limits how many builds run at once. On two cores, more builds only wait for each other until they reach their time limits.
var builds = make(chan struct{}, 3)

func TestMain(m *testing.M) {
	clustertest.Main(m, "e2e", func(ctx context.Context, f *fixture.Fixture) error {
		shared, client, bin = f, f.Client, filepath.Join(f.Temp, "bin")
		prepareMachine()
		if !isSet("test.parallel") {
			// A test waits for the cluster most of the time.
			if err := flag.Set("test.parallel", "6"); err != nil {
				return err
			}
		}
		return f.Compile(ctx, "-race")
	})
}

// isSet tells whether a flag is on the command line.
func isSet(name string) bool {
	found := false
	flag.Visit(func(f *flag.Flag) { found = found || f.Name == name })
	return found
}
