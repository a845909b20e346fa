package script

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "rewrite what scripts compare with")

func TestMain(m *testing.M) {
	flag.Parse()
	code, err := withPrograms(m.Run)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// withPrograms puts the plugin on PATH, and kubectl where there is none.
func withPrograms(run func() int) (int, error) {
	bin, err := os.MkdirTemp("", "kubectl-img-script-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(bin)
	if err := compile(filepath.Join("..", ".."), filepath.Join(bin, "kubectl-img"), "./cmd/kubectl-img", "-race"); err != nil {
		return 0, err
	}
	if _, err := exec.LookPath("kubectl"); err != nil {
		// The cluster's own, so that its objects are in the build cache or soon needed there.
		module := filepath.Join("..", "cluster", "tools", "kubernetes")
		if err := compile(module, filepath.Join(bin, "kubectl"), "k8s.io/kubernetes/cmd/kubectl"); err != nil {
			return 0, err
		}
	}
	if err := os.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH")); err != nil {
		return 0, err
	}
	return run(), nil
}

func compile(module, program, pkg string, flags ...string) error {
	cmd := exec.Command("go", append([]string{"build", "-o", program}, append(flags, pkg)...)...) //nolint:noctx // ends with the tests
	cmd.Dir = module
	if len(flags) == 0 {
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-buildvcs=false")
	}
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("compile %s: %w: %s", pkg, err, output)
	}
	return nil
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		Setup:               setup,
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"refuses":   refuses,
			"pod":       pod,
			"flags":     flags,
			"impatient": impatient,
		},
	})
}
