// Package jenkins_test runs the shared library and its examples in Jenkins' Groovy, with real shells, against a real cluster.
package jenkins_test

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
	root     string // of the repository
	bin      string // the plugin
	runner   string // compiled
	javaHome string // Debian's groovy asks for it
)

// TestMain fails where the cluster can't start, and leaves it running: whoever started it stops it.
func TestMain(m *testing.M) {
	flag.Parse()
	work, err := os.MkdirTemp("", "kubectl-img-jenkins-")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(work)
	if err := setUp(context.Background(), work); err != nil {
		_ = os.RemoveAll(work)
		log.Fatalf("set up the tests of the Jenkins library: %v", err)
	}
	m.Run()
}

func setUp(ctx context.Context, work string) error {
	var err error
	if root, err = filepath.Abs(filepath.Join("..", "..")); err != nil {
		return err
	}
	if err := run(ctx, filepath.Join("..", "packages.sh")); err != nil {
		return err
	}
	if shared, err = cluster.Up(ctx, cluster.Options{}, os.Stderr); err != nil {
		return err
	}
	if registry, err = shared.Transport(); err != nil {
		return err
	}
	if client, err = shared.Client(); err != nil {
		return err
	}
	return compile(ctx, work)
}

// compile makes the plugin, under the name by which kubectl finds it, and the runner of pipelines.
func compile(ctx context.Context, work string) error {
	java, err := exec.LookPath("java")
	if err != nil {
		return err
	}
	if java, err = filepath.EvalSymlinks(java); err != nil {
		return err
	}
	javaHome = filepath.Dir(filepath.Dir(java))
	bin, runner = filepath.Join(work, "bin"), filepath.Join(work, "runner")
	if err := run(ctx, "go", "-C", root, "build", "-o", filepath.Join(bin, "kubectl-img"), "./cmd/kubectl-img"); err != nil {
		return err
	}
	sources, err := filepath.Glob(filepath.Join("runner", "*.groovy"))
	if err != nil {
		return err
	}
	stub := filepath.Join("runner", "com", "cloudbees", "groovy", "cps", "NonCPS.groovy")
	return run(ctx, "groovyc", append([]string{"-d", runner, stub}, sources...)...)
}

func run(ctx context.Context, program string, args ...string) error {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = append(os.Environ(), "JAVA_HOME="+javaHome, "CGO_ENABLED=0", "GOFLAGS=-buildvcs=false")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", cmd, err, out)
	}
	return nil
}
