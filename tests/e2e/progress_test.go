package e2e_test

import (
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestProgress(t *testing.T) {
	t.Parallel()
	t.Run("steps", progressSteps)
	t.Run("control characters of a step", progressControlCharacters)
	t.Run("control characters of a step on a terminal", progressTerminal)
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
	r.says(t, "[3/3] RUN seq 1000 1300; exit 7", "step 3/3 failed with exit code 7: Dockerfile:3\n", "the last 20 lines of its output:\n  1281\n", "  1300\n")
	if strings.Contains(r.stderr, "said-42") || strings.Contains(r.stderr, "1280\n") {
		t.Errorf("stderr has more than the end of the failed step:\n%s", r.stderr)
	}
}

func progressControlCharacters(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	// result.check looks for control characters in every run. Here the step prints some.
	build(ns, "-t", repository(ns), only(t, shell(`RUN printf 'a\033[31mred\r\007bell\n'`))).run(t).succeeds(t).says(t, "red", "bell")
}

// progressTerminal has a step attack the terminal of the user. Colours and a bar in its own line get through.
func progressTerminal(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	user, programs := terminal(t)
	shown := make(chan string)
	go func() {
		text, _ := io.ReadAll(user) // it ends with an error
		shown <- string(text)
	}()
	c := build(ns, "-t", repository(ns), only(t, shell(
		`RUN printf 'a\033[31mred\033[0m 10%%\r20%%\r\n'`,
		`RUN printf 'clipboard\033]52;c;ZXZpbA==\007 title\033]0;evil\033\\ cursor\033[9A up screen\033[2J eightbit\302\2332J order\342\200\256gpj bell\007 hidden\033[8m\n'`)))
	c.stderr = programs
	r := c.run(t)
	_ = programs.Close()
	text := <-shown
	if r.code != 0 {
		t.Fatalf("exit code %d:\n%q", r.code, text)
	}
	for _, part := range []string{"\x1b[31mred\x1b[0m 10%\r20%\r", "clipboard title cursor up screen eightbit2J ordergpj bell hidden\x1b[8m\x1b[0m"} {
		if !strings.Contains(text, part) {
			t.Errorf("the terminal does not show %q", part)
		}
	}
	for _, attack := range []string{"\x1b]52", "\x1b]0", "\x1b[9A", "\x1b[2J", "\u009b", "\u202e", "\a"} {
		if strings.Contains(text, attack) {
			t.Errorf("%q reached the terminal", attack)
		}
	}
	if t.Failed() {
		t.Logf("%q", text)
	}
}

// terminal returns the two ends of a new terminal: what the user sees, and what programs write to.
func terminal(t *testing.T) (user, programs *os.File) {
	t.Helper()
	user, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = user.Close() })
	number, err := unix.IoctlGetInt(int(user.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(user.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	programs, err = os.OpenFile("/dev/pts/"+strconv.Itoa(number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = programs.Close() })
	return user, programs
}
