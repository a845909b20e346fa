package plugin

import (
	"bytes"
	"strings"
	"testing"

	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/internal/clitest"
)

func TestCommandUnknown(t *testing.T) {
	for _, flags := range [][]string{nil, {"-t", "app", "."}, {"--progress=plain"}, {"-n", "ci", "--unknown"}} { // a wrong verb makes its flags unknown
		report := newBench(t).unusable(t, append([]string{"biuld"}, flags...)...)
		if want := "error: unknown command \"biuld\" for \"kubectl img\"\nhint: kubectl img build\n"; report != want {
			t.Errorf("%q: report %q, want %q", flags, report, want)
		}
	}
	if report := newBench(t).unusable(t, "--unknown"); !strings.HasPrefix(report, "error: unknown flag: --unknown\n") {
		t.Errorf("report %q", report)
	}
}

func TestPruneSelectorIsCheckedFirst(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	plugin := New(nil, genericiooptions.IOStreams{In: strings.NewReader(""), Out: &out, ErrOut: &out})
	if code := plugin.Run(t.Context(), []string{"prune", "--all", "-l", "a===b"}); code != cli.CodeUsage {
		t.Errorf("exit code %d, want %d", code, cli.CodeUsage)
	}
	if !strings.HasPrefix(out.String(), "error: invalid value \"a===b\" for --selector: ") {
		t.Errorf("report %q", &out)
	}
}

func TestBuildWithoutACluster(t *testing.T) {
	b := newBench(t)
	for _, args := range [][]string{{"--context", "gone"}, {"--kubeconfig", "nowhere"}} {
		b.ErrOut.Reset()
		if code := b.run(append([]string{"build", "-t", "app", "."}, args...)...); code != cli.CodeInternal {
			t.Errorf("%q: exit code %d, want %d", args, code, cli.CodeInternal)
		}
		clitest.CheckReport(t, b.ErrOut.String())
		if !strings.Contains(b.ErrOut.String(), args[1]) {
			t.Errorf("report %q does not name %s", b.ErrOut, args[1])
		}
	}
}

// FuzzArguments checks that no command line panics, and that an error is one line.
func FuzzArguments(f *testing.F) {
	for _, seed := range []string{"build\n-t\napp\n.", "biuld", "build\n--secret\nid=x\n.", "version\n--client", "build\n--\n.", "build\n-tapp\n-o-\n.", "help\nbuild", "--namespace", "completion\nbash", "completion\nzsh\nx", "__complete\nbuild\n-", "build\n-h", "version\nx", "build\n-qv\n."} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.ContainsRune(text, 0) || strings.HasPrefix(text, "__complete") { // which completion scripts call, and nobody reads
			return
		}
		b := newBench(t, "KUBECTL_IMG_DRY_RUN=yaml") // so that no build runs
		cmd := newRootCommand(b.Process)
		cmd.SetArgs(strings.Split(text, "\n"))
		err := cmd.ExecuteContext(t.Context())
		if err == nil {
			return
		}
		var report bytes.Buffer
		if code := Report(err, &report); code != cli.CodeUsage {
			t.Errorf("%q: exit code %d: %s", text, code, &report)
		}
		clitest.CheckReport(t, report.String())
	})
}
