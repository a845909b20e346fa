package script

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kubectl-img/kubectl-img/tests/cluster/program"
)

var update = flag.Bool("update", false, "rewrite the files that scripts compare with")

func TestMain(m *testing.M) {
	flag.Parse()
	code, err := withPrograms(context.Background(), m.Run)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// withPrograms runs the tests with the plugin on PATH, and with kubectl if this machine has none.
func withPrograms(ctx context.Context, run func() int) (int, error) {
	bin, err := os.MkdirTemp("", "kubectl-img-script-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(bin)
	if err := program.CompilePlugin(ctx, filepath.Join("..", ".."), filepath.Join(bin, "kubectl-img"), "-race"); err != nil {
		return 0, err
	}
	if _, err := exec.LookPath("kubectl"); err != nil {
		// The test cluster needs the same kubectl, so that Go's build cache has it then.
		module := filepath.Join("..", "cluster", "tools", "kubernetes")
		if err := program.Compile(ctx, module, "k8s.io/kubernetes/cmd/kubectl", filepath.Join(bin, "kubectl")); err != nil {
			return 0, err
		}
	}
	if err := os.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH")); err != nil {
		return 0, err
	}
	return run(), nil
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
