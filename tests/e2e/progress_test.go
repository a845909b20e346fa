package e2e_test

import (
	"slices"
	"strings"
	"testing"
)

func TestProgress(t *testing.T) {
	t.Parallel()
	t.Run("steps", progressSteps)
	t.Run("control characters of a step", progressControlCharacters)
}

func progressSteps(t *testing.T) {
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
		t.Errorf("stderr has more than a line for each step:\n%s", r.stderr)
	}
	r = steps(shell("RUN echo said-$((40+2))\nRUN seq 1000 1300; exit 7")).fails(t, codeBuild, "build failed")
	r.says(t, "[3/3] RUN seq 1000 1300; exit 7", "the end of step [3/3] RUN seq 1000 1300; exit 7:\n  1101\n", "  1300\n")
	if strings.Contains(r.stderr, "said-42") || strings.Contains(r.stderr, "1100\n") {
		t.Errorf("stderr has more than the end of the failed step:\n%s", r.stderr)
	}
}

func progressControlCharacters(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	// result.check looks for control characters in every run. Here the step prints some.
	build(ns, "-t", repository(ns), only(t, shell(`RUN printf 'a\033[31mred\r\007bell\n'`))).run(t).succeeds(t).says(t, "red", "bell")
}
