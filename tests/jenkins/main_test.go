// Package jenkins_test runs the shared library and its examples in Jenkins' version of Groovy, with real shells, against a real cluster.
package jenkins_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/kubectl-img/kubectl-img/tests/cluster/clustertest"
	"github.com/kubectl-img/kubectl-img/tests/cluster/fixture"
	"github.com/kubectl-img/kubectl-img/tests/cluster/program"
)

// What every test shares.
var (
	shared   *fixture.Fixture // the cluster, its clients and the plugin
	runner   string           // the directory of the compiled runner of pipelines
	javaHome string           // Debian's groovy requires it
)

func TestMain(m *testing.M) {
	clustertest.Main(m, "jenkins", func(ctx context.Context, f *fixture.Fixture) error {
		shared = f
		if err := program.Run(exec.CommandContext(ctx, filepath.Join("..", "packages.sh"))); err != nil {
			return err
		}
		if err := f.Compile(ctx); err != nil {
			return err
		}
		return compileRunner(ctx)
	})
}

func compileRunner(ctx context.Context) error {
	java, err := exec.LookPath("java")
	if err != nil {
		return err
	}
	if java, err = filepath.EvalSymlinks(java); err != nil {
		return err
	}
	javaHome = filepath.Dir(filepath.Dir(java))
	runner = filepath.Join(shared.Temp, "runner")
	sources, err := filepath.Glob(filepath.Join("runner", "*.groovy"))
	if err != nil {
		return err
	}
	stub := filepath.Join("runner", "com", "cloudbees", "groovy", "cps", "NonCPS.groovy")
	cmd := exec.CommandContext(ctx, "groovyc", append([]string{"-d", runner, stub}, sources...)...)
	cmd.Env = append(os.Environ(), "JAVA_HOME="+javaHome)
	return program.Run(cmd)
}

// pluginPath is a PATH with the plugin in front of path.
func pluginPath(path string) string {
	return filepath.Dir(shared.Plugin) + string(os.PathListSeparator) + path
}
