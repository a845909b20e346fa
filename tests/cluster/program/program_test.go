package program

import (
	"os/exec"
	"strings"
	"testing"
)

func TestOutput(t *testing.T) {
	for _, c := range []struct{ name, script, want, err string }{
		{"only stdout is returned", "echo out; echo err >&2", "out\n", ""},
		{"error quotes stderr", "echo why >&2; exit 3", "", "exit status 3: why"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Output(exec.CommandContext(t.Context(), "sh", "-c", c.script))
			if got != c.want || c.err == "" && err != nil || c.err != "" && (err == nil || !strings.HasSuffix(err.Error(), c.err)) {
				t.Errorf("output %q, error %v", got, err)
			}
		})
	}
}

func TestRun(t *testing.T) {
	err := Run(exec.CommandContext(t.Context(), "sh", "-c", "yes line | head -n 1000; echo the end >&2; exit 1"))
	if err == nil || !strings.HasSuffix(err.Error(), "the end") || len(err.Error()) > shown+200 {
		t.Errorf("the error does not quote the end of the output, and only that: %v", err)
	}
}

func TestPeakMemory(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "sleep", "0.2")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	peak := make(chan float64, 1)
	go func() { peak <- PeakMemory(cmd.Process.Pid) }()
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	if mib := <-peak; mib <= 0 || mib > 100 {
		t.Errorf("sleep had %.1f MiB resident", mib)
	}
}
