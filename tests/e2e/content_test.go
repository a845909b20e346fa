package e2e_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// other is a user who is nobody on this machine and in the builder image.
const other = 1234

// unreadable is what only root's client can send.
func unreadable() []leaf {
	return []leaf{
		{name: "locked", mode: 0o000, content: "nobody may read this"},
		{name: "locked directory/", mode: 0o000},
		{name: "locked directory/file", mode: 0o200, content: "nor this"},
	}
}

func TestImageContentEqualsTheContext(t *testing.T) {
	t.Parallel()
	for _, profile := range []string{"unconfined", "userns"} {
		t.Run(profile, func(t *testing.T) {
			t.Parallel()
			leaves := append(oddLeaves(), unreadable()...)
			dir := t.TempDir()
			plant(t, dir, 0, leaves)
			checkContent(t, build("", "--profile", profile), dir, leaves)
		})
	}
}

// img writes a file's content after its mode, which clears the bits for all but the real root: it is said, not hidden.
func TestLostSetuidBitsAreWarnedOf(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	dir := t.TempDir()
	plant(t, dir, 0, privilegedPrograms())
	dockerfile := filepath.Join(t.TempDir(), "Dockerfile")
	write(t, dockerfile, scratch("COPY . /c/"))
	r := build(ns, "-t", repository(ns), "-f", dockerfile, dir).run(t).succeeds(t)
	r.says(t, "warning: 3 set-user-ID or set-group-ID files lose that bit", "RUN chmod sets it again")
}

func TestOwnershipDoesNotDependOnTheClientsUser(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	plant(t, dir, other, oddLeaves())
	checkContent(t, build("").as(t, other), dir, oddLeaves())
}

// checkContent copies dir into an empty image and compares the pushed layer with the leaves.
func checkContent(t *testing.T, c call, dir string, leaves []leaf) {
	t.Helper()
	ns := namespace(t, privileged)
	dockerfile := filepath.Join(t.TempDir(), "Dockerfile")
	write(t, dockerfile, scratch("COPY . /c/"))
	c.args = append(c.args, "-n", ns, "-t", repository(ns), "-f", dockerfile, dir)
	c.run(t).succeeds(t)
	got := onlyLayer(t, pull(t, repository(ns)))
	if diff := cmp.Diff(wanted("c", leaves), got); diff != "" {
		t.Errorf("the image differs from the context (-want +got):\n%s", diff)
	}
}

func TestSpecialFilesAreLeftOutWithAWarning(t *testing.T) {
	ns := namespace(t, privileged)
	dir := contextOf(t, map[string]string{"Dockerfile": scratch("COPY . /c/"), "file": "f"})
	plantSpecial(t, dir)
	r := build(ns, "-t", repository(ns), dir).run(t).succeeds(t)
	for _, kind := range []string{"socket", "device", "pipe"} {
		warned := strings.Join(r.lines("warning: "+kind), "\n")
		if !strings.Contains(warned, "left out") {
			t.Errorf("no warning about the %s:\n%s", kind, r.stderr)
		}
		if _, there := onlyLayer(t, pull(t, repository(ns)))["c/"+kind]; there {
			t.Errorf("the image holds the %s", kind)
		}
	}
}

func TestUnreadableFileIsAnErrorAndNothingIsBuilt(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	dir := t.TempDir()
	plant(t, dir, 0, append([]leaf{{name: "Dockerfile", mode: 0o644, content: scratch("COPY . /c/")}}, unreadable()[0]))
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	r := build(ns, "-t", repository(ns), dir).as(t, other).run(t)
	r.fails(t, r.code, "locked", "permission denied")
	if r.code != codeInternal && r.code != codeUsage || isPushed(t, repository(ns)) {
		t.Errorf("exit code %d, pushed: %v", r.code, isPushed(t, repository(ns)))
	}
}
