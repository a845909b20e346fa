package e2e_test

import (
	"fmt"
	"io"
	"strings"
	"testing"
)

// TestFailureBlock has a build that fails. Every kind of output ends with the same block: which step, where in the Dockerfile, and the end of the step's
// output, once.
func TestFailureBlock(t *testing.T) {
	t.Parallel()
	t.Run("step", blockOfStep)
	t.Run("step on a terminal", blockOnTerminal)
	t.Run("steps side by side", blockOfOneStep)
	t.Run("missing file", blockOfMissingFile)
	t.Run("parse error", blockOfParseError)
}

// failingDockerfile has a step over two lines that prints 30 lines and fails.
func failingDockerfile() string {
	return shell("COPY . /", `RUN echo begin; \`, `    seq 131 159; echo end-$((40+2)); exit 7`, "CMD true")
}

// failingBlock is the block of failingDockerfile in file, and the error below it.
func failingBlock(file string) string {
	var lines strings.Builder
	for n := range 19 {
		fmt.Fprintf(&lines, "  %d\n", n+141)
	}
	return "step 3/3 failed with exit code 7: " + file + ":3\n" +
		"   2 |     COPY . /\n   3 | >>> RUN echo begin; \\\n   4 | >>>     seq 131 159; echo end-$((40+2)); exit 7\n   5 |     CMD true\n" +
		"the last 20 lines of its output:\n" + lines.String() + "  end-42\n" +
		"error: build failed: step 3/3 (" + file + ":3): exit code 7\n"
}

func blockOfStep(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	dir := contextOf(t, map[string]string{"Dockerfile": failingDockerfile(), "docker/app": failingDockerfile()})
	for mode, shown := range map[string]int{"plain": 2, "steps": 1, "quiet": 1} {
		r := build(ns, "--progress", mode, "-t", repository(ns), dir).run(t).fails(t, codeBuild)
		if !strings.HasSuffix("\n"+r.stderr, "\n"+failingBlock("Dockerfile")) {
			t.Errorf("%s: want the end\n%s\ngot\n%s", mode, failingBlock("Dockerfile"), r.stderr)
		}
		if got := strings.Count(r.stderr, "end-42"); got != shown {
			t.Errorf("%s: the step's output is shown %d times, want %d:\n%s", mode, got, shown, r.stderr)
		}
	}
	inDir := build(ns, "-f", "docker/app", "-t", repository(ns), ".")
	inDir.dir = dir
	if r := inDir.run(t).fails(t, codeBuild); !strings.HasSuffix(r.stderr, failingBlock("docker/app")) {
		t.Errorf("want the name that the user has given:\n%s", r.stderr)
	}
}

func blockOnTerminal(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	user, programs := terminal(t)
	shown := make(chan string)
	go func() {
		text, _ := io.ReadAll(user) // it ends with an error
		shown <- strings.ReplaceAll(string(text), "\r\n", "\n")
	}()
	c := build(ns, "-t", repository(ns), only(t, failingDockerfile()))
	c.stderr = programs
	p := c.start(t)
	if err := <-p.ended; err == nil {
		t.Error("the build succeeded")
	}
	_ = programs.Close()
	if text := <-shown; p.cmd.ProcessState.ExitCode() != codeBuild || !strings.HasSuffix(text, "\n"+failingBlock("Dockerfile")) {
		t.Errorf("exit code %d, want the end\n%s\ngot\n%s", p.cmd.ProcessState.ExitCode(), failingBlock("Dockerfile"), text)
	}
}

// blockOfOneStep has two steps at the same time. Only the output of the one that fails is in the block.
func blockOfOneStep(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	dockerfile := "FROM " + busybox() + " AS a\nRUN for i in 1 2 3 4 5 6; do echo other-$i; sleep 1; done\n" +
		"FROM " + busybox() + " AS b\nRUN echo mine; sleep 2; exit 9\nFROM scratch\nCOPY --from=a /bin /a\nCOPY --from=b /bin /b\n"
	r := build(ns, "--progress", "steps", "-t", repository(ns), only(t, dockerfile)).run(t)
	r.fails(t, codeBuild, "build failed: step b 2/2 (Dockerfile:4): exit code 9").says(t, "| >>> RUN echo mine;", "its output:\n  mine\nerror: ")
	if strings.Contains(r.stderr, "other-1") {
		t.Errorf("the output of another step is shown:\n%s", r.stderr)
	}
}

// TestBuildWarnings wants the rules that the Dockerfile breaks at the end of the build, each once, and the build arguments that have no effect.
func TestBuildWarnings(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	dir := only(t, "from "+busybox()+"\nARG A\nRUN true\nCMD echo hi\n")
	for mode, want := range map[string]bool{"plain": true, "steps": true, "quiet": false} {
		r := build(ns, "--progress", mode, "--build-arg", "A=1", "--build-arg", "B=1", "--build-arg", "C=1", "-t", repository(ns), dir).run(t).succeeds(t)
		for _, text := range []string{
			"\n2 warnings found:\n - ", "\n - ConsistentInstructionCasing: ", "(line 1)\n", "\n - JSONArgsRecommended: ", "(line 4)\n",
			"\nwarning: the Dockerfile has no ARG for --build-arg B, C\n",
		} {
			if strings.Contains(r.stderr, text) != want {
				t.Errorf("%s: the log has %q: %v, want %v:\n%s", mode, text, !want, want, r.stderr)
			}
		}
	}
}

func blockOfMissingFile(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	r := build(ns, "-t", repository(ns), only(t, shell("COPY nofile /"))).run(t)
	r.fails(t, codeBuild, `error: build failed: "/nofile": not found`).says(t, "step 2/2 failed: Dockerfile:2\n", "   2 | >>> COPY nofile /\n")
}

func blockOfParseError(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	r := build(ns, "-t", repository(ns), only(t, shell("NONSENSE here"))).run(t)
	r.fails(t, codeBuild, "error: build failed: dockerfile parse error on line 2: unknown instruction: NONSENSE")
	r.says(t, "build failed: Dockerfile:2\n", "   2 | >>> NONSENSE here\n")
	if strings.Contains(r.stderr, "Error: ") {
		t.Errorf("the error is shown twice:\n%s", r.stderr)
	}
}
