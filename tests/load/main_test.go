// Package load_test gives the plugin as much as it may ever get: nothing may be lost, and memory does not grow with it. With
// -short it is a tenth, which is what continuous integration has time for.
package load_test

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"k8s.io/client-go/kubernetes"

	"github.com/kubectl-img/kubectl-img/tests/cluster"
)

// What every test shares.
var (
	shared   *cluster.Cluster
	client   kubernetes.Interface
	registry http.RoundTripper
	plugin   string
)

// TestMain fails where the cluster can't start, and leaves it running: whoever started it stops it.
func TestMain(m *testing.M) {
	flag.Parse()
	dir, err := os.MkdirTemp("", "kubectl-img-load-")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := setUp(context.Background(), dir); err != nil {
		log.Fatalf("set up the load tests: %v", err)
	}
	m.Run()
}

func setUp(ctx context.Context, dir string) error {
	var err error
	if shared, err = cluster.Up(ctx, cluster.Options{}, os.Stderr); err != nil {
		return err
	}
	if registry, err = shared.Transport(); err != nil {
		return err
	}
	if client, err = shared.Client(); err != nil {
		return err
	}
	// Without the race detector, which would use the memory that is measured.
	plugin = filepath.Join(dir, "kubectl-img")
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", plugin, "./cmd/kubectl-img")
	cmd.Dir, cmd.Env = filepath.Join("..", ".."), append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", cmd, err, out)
	}
	return nil
}

// scaled is n, or its tenth with -short.
func scaled(n int) int {
	if testing.Short() {
		return n / 10
	}
	return n
}
