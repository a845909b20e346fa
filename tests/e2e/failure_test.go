package e2e_test

import (
	"slices"
	"strings"
	"testing"
)

func TestFailingStepIsShownWithItsOutput(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	dir := only(t, shell("RUN echo said-on-stdout-$((40+2)); echo said-on-stderr-$((40+3)) >&2; exit 7"))
	for _, flags := range [][]string{nil, {"-q"}} {
		r := build(ns, append(flags, "-t", repository(ns), dir)...).run(t)
		r.fails(t, codeBuild, "build failed").says(t, "said-on-stdout-42", "said-on-stderr-43")
		if isPushed(t, repository(ns)) {
			t.Error("pushed")
		}
	}
}

func TestStepsShowOneLineEachAndTheEndOfTheOneThatFails(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	steps := func(dockerfile string) result {
		return build(ns, "--progress", "steps", "-t", repository(ns), only(t, dockerfile)).run(t)
	}
	r := steps(shell("RUN echo said-$((40+2))\nRUN echo said-$((40+3))")).succeeds(t)
	got := r.lines("[")
	if want := []string{"[2/3] RUN echo said-$((40+2))", "[3/3] RUN echo said-$((40+3))"}; len(got) != 3 || !slices.Equal(got[1:], want) {
		t.Errorf("steps %q", got)
	}
	if strings.Contains(r.stderr, "\n#") || strings.Contains(r.stderr, "said-42") {
		t.Errorf("more than a line for each step in:\n%s", r.stderr)
	}
	r = steps(shell("RUN echo said-$((40+2))\nRUN seq 1000 1300; exit 7")).fails(t, codeBuild, "build failed")
	r.says(t, "[3/3] RUN seq 1000 1300; exit 7", "the end of step [3/3] RUN seq 1000 1300; exit 7:\n  1101\n", "  1300\n")
	if strings.Contains(r.stderr, "said-42") || strings.Contains(r.stderr, "1100\n") {
		t.Errorf("more than the end of the step that failed in:\n%s", r.stderr)
	}
}

func TestUnusableDockerfileIsABuildFailure(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	build(ns, "-t", repository(ns), only(t, shell("NONSENSE here"))).run(t).fails(t, codeBuild, "NONSENSE")
	build(ns, "-t", repository(ns), only(t, "FROM "+shared.Registry+"/no/such:image\n")).run(t).fails(t, codeBuild, "no/such:image")
}

func TestControlCharactersOfAStepDoNotReachALog(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	// Every run's stderr is searched for control characters; this one has a reason to hold some.
	build(ns, "-t", repository(ns), only(t, shell(`RUN printf 'a\033[31mred\r\007bell\n'`))).run(t).succeeds(t).says(t, "red", "bell")
}

func TestRegistryThatWantsAPasswordRefusesThePush(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	r := build(ns, "-t", shared.AuthRegistry+"/e2e/"+ns+":1", only(t, scratch("LABEL a=b"))).run(t)
	r.fails(t, codeRegistry, shared.AuthRegistry)
	if line := strings.Join(r.lines("error: "), ""); !strings.Contains(strings.ToLower(line), "auth") && !strings.Contains(line, "401") {
		t.Errorf("the error line does not say why: %s", line)
	}
}

// The kernel's cgroups decide whether the step alone is killed or the builder with it; either is named, with the limit.
func TestRunningOutOfMemoryIsNamed(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	r := build(ns, "-t", repository(ns), "--limit", "memory=128Mi", only(t, shell("RUN tail /dev/zero"))).run(t)
	if r.code == codeInternal {
		r.fails(t, codeInternal, "OOMKilled", "128Mi").hints(t, "--limit memory")
	} else {
		r.fails(t, codeBuild, "killed for memory (limit 128Mi)", "tail /dev/zero").hints(t, "--limit memory")
	}
}

func TestFullDiskIsNamed(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	r := build(ns, "-t", repository(ns), only(t, shell("RUN dd if=/dev/zero of=/dev/shm/file bs=1M count=1000"))).run(t)
	r.fails(t, codeBuild, "disk is full").hints(t, "--request ephemeral-storage")
}

func TestEvictionIsNamed(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	step := shell("RUN dd if=/dev/zero of=/file bs=1M count=200; sleep 100")
	r := build(ns, "-t", repository(ns), "--limit", "ephemeral-storage=50Mi", only(t, step)).run(t)
	r.fails(t, codeInternal, "evicted", "ephemeral").hints(t, "--request ephemeral-storage")
}
