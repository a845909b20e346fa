// Package e2e_test runs the plugin's binary against a real cluster, with the real engine and real registries.
package e2e_test

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"

	"k8s.io/client-go/kubernetes"

	"github.com/kubectl-img/kubectl-img/tests/cluster"
)

// What every test shares: the cluster, clients of it and of its registries, and the directory with the plugin's binary.
var (
	shared   *cluster.Cluster
	client   kubernetes.Interface
	registry http.RoundTripper
	bin      string
)

// builds bounds how many run at once: on two cores more of them only wait for each other, up to their time limits.
var builds = make(chan struct{}, 3)

// TestMain fails where the cluster can't start, and leaves it running: whoever started it stops it.
func TestMain(m *testing.M) {
	flag.Parse()
	if !given("test.parallel") {
		// Most of a test's time passes in the cluster, not in this process.
		if err := flag.Set("test.parallel", "6"); err != nil {
			log.Fatal(err)
		}
	}
	// A signal that is ignored here, as nohup has it, would be ignored by clients as well.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP)
	if err := setUp(context.Background()); err != nil {
		log.Fatalf("set up the end-to-end tests: %v", err)
	}
	defer os.RemoveAll(bin)
	m.Run()
}

func given(name string) bool {
	found := false
	flag.Visit(func(f *flag.Flag) { found = found || f.Name == name })
	return found
}

func setUp(ctx context.Context) error {
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
	return compile(ctx)
}

// compile builds the plugin with the race detector, under the name by which kubectl finds it.
func compile(ctx context.Context) error {
	var err error
	if bin, err = os.MkdirTemp("", "kubectl-img-e2e-"); err != nil {
		return err
	}
	if err := os.Chmod(bin, 0o755); err != nil { // one test runs it as another user
		return err
	}
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-race", "-o", filepath.Join(bin, "kubectl-img"), "./cmd/kubectl-img")
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", cmd, err, out)
	}
	return nil
}
