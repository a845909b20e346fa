package e2e_test

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A build step can't stop the helper that emulates owners in profile restricted. Beside the step everything succeeds, and the helper reports it.
func TestStepThatStopsTheHelper(t *testing.T) {
	t.Parallel()
	ways := []string{"descriptor", "input", "kill", "kill_terminal", "limit", "queue", "tgkill", "tkill"}
	t.Run("in the step", func(t *testing.T) {
		t.Parallel()
		ns := namespace(t, levels()["restricted"])
		dir := hostileContext(t, shell("COPY hostile /", "RUN /hostile stop; echo survived-$((40+2))"))
		r := build(ns, "-t", repository(ns), "--profile", "restricted", dir).run(t).succeeds(t)
		r.says(t, "survived-42", "attack kill false")
		if got := succeededAttacks(r.stderr); len(got) > 0 {
			t.Errorf("succeeded: %v\n%s", got, r.stderr)
		}
	})
	t.Run("beside the step", func(t *testing.T) {
		t.Parallel()
		ns := namespace(t, levels()["restricted"])
		dir := hostileContext(t, shell("COPY hostile /", "RUN echo begun-$((40+2)); sleep 5"))
		p := build(ns, "-t", repository(ns), "--profile", "restricted", dir).start(t)
		p.await(t, begun)
		beside := call{program: filepath.Join(shared.Bin, "kubectl"), args: []string{"exec", "-n", ns, onlyPod(t, ns).Name, "--", "/workspace/context/hostile", "stop"}}
		out, err := beside.command(t.Context(), t).Output()
		if err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(ways, succeededAttacks(string(out))); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		p.wait(t).fails(t, codeBuild).says(t, "another process stopped this program")
	})
}
