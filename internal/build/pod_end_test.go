package build

import (
	"bytes"
	"errors"
	"testing"

	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-img/kubectl-img/internal/builder"
	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/internal/cluster"
	"github.com/kubectl-img/kubectl-img/internal/engine"
	"github.com/kubectl-img/kubectl-img/internal/progress"
)

// A pod that ends well, but before its output was fetched, is no success.
func TestPodEndsBeforeOutput(t *testing.T) {
	for _, push := range []bool{true, false} {
		var out bytes.Buffer
		digest := `sha256:` + "abababababababababababababababababababababababababababababababab"
		r := &run{
			Plan: &Plan{
				Build: engine.Build{Push: push, Tags: []string{"127.0.0.1:1/app:1"}}, Output: &Destination{Type: OutputTar, Dest: "out"},
				Tags: []Tag{{Reference: "127.0.0.1:1/app:1", Registry: "127.0.0.1:1", Repository: "127.0.0.1:1/app"}},
			},
			output:     progress.NewLog(progress.Plain, (&run{Plan: &Plan{}}).engine(), &bytes.Buffer{}, false),
			Connection: &cluster.Connection{Log: progress.NewLogger(progress.Plain, false, &bytes.Buffer{})},
			proc:       cli.Process{Streams: genericiooptions.IOStreams{Out: &out}},
			login:      &loginState{},
		}
		err := r.podOutcome(t.Context(), podEnd{termination: &builder.Termination{Message: `{"digest":"` + digest + `"}`}}, nil)
		if !errors.Is(err, errNoOutput) {
			t.Errorf("push %v: %v", push, err)
		}
		want := ""
		if push {
			want = "127.0.0.1:1/app@" + digest + "\n"
		}
		if out.String() != want {
			t.Errorf("push %v: stdout %q, want %q", push, out.String(), want)
		}
	}
}
