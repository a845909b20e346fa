// Package load_test gives the plugin as much as it may ever get. Nothing may be lost, and the plugin's memory must not grow with its input. With
// -short the input is a tenth, because continuous integration has no time for more.
package load_test

import (
	"context"
	"testing"

	"github.com/kubectl-img/kubectl-img/tests/cluster/clustertest"
	"github.com/kubectl-img/kubectl-img/tests/cluster/fixture"
)

// shared is the cluster, with its clients and the plugin, that all tests use.
var shared *fixture.Fixture

func TestMain(m *testing.M) {
	clustertest.Main(m, "load", func(ctx context.Context, f *fixture.Fixture) error {
		shared = f
		return f.Compile(ctx, fixture.ReleaseFlags()...)
	})
}

// scaled is n, or a tenth of it with -short.
func scaled(n int) int {
	if testing.Short() {
		return n / 10
	}
	return n
}
