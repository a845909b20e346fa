package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestContext(t *testing.T) {
	t.Parallel()
	t.Run("image equals the context", contextEqualsImage)
	t.Run("set-ID bits are kept", contextSetIDBits)
	t.Run("owner does not depend on the client's user", contextOwner)
	t.Run("unreadable file", contextUnreadable)
	t.Run("large files", contextLarge)
}

// other is a user id that neither this machine nor the builder image has.
const other = 1234

func contextEqualsImage(t *testing.T) {
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

// contextSetIDBits expects that set-user-ID and set-group-ID bits are kept.
func contextSetIDBits(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	plant(t, dir, 0, setIDPrograms())
	checkContent(t, build(""), dir, setIDPrograms())
}

func contextOwner(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	plant(t, dir, other, oddLeaves())
	checkContent(t, build("").as(t, other), dir, oddLeaves())
}

// checkContent copies dir into an image and compares the pushed layer with the leaves.
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

func contextUnreadable(t *testing.T) {
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

func contextLarge(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	// The image has only the sums: a push of the files would take longer than the upload.
	dir := only(t, "FROM "+busybox()+" AS sums\nCOPY . /c\nRUN cd /c && sha256sum huge/one huge/two large small >/sums\nFROM scratch\nCOPY --from=sums /sums /\n")
	var want strings.Builder
	for _, f := range []struct {
		name string
		mega int64
	}{{"huge/one", 60}, {"huge/two", 50}, {"large", 80}, {"small", 10}} {
		fmt.Fprintf(&want, "%x  %s\n", fill(t, filepath.Join(dir, f.name), f.mega*1_000_000), f.name)
	}
	r := build(ns, "-t", repository(ns), dir).run(t).succeeds(t)
	if got := fileIn(t, pull(t, repository(ns)), "sums"); got != want.String() {
		t.Errorf("sums\n%swant\n%s", got, want.String())
	}
	warning := strings.Join(r.lines("warning: "), "\n")
	for _, part := range []string{"200MB", "huge (110MB)", "large (80MB)"} {
		if !strings.Contains(warning, part) {
			t.Errorf("the warning lacks %q: %q", part, warning)
		}
	}
	r.says(t, "sent the build context: 200MB")
}

// TestContextSpecialFiles is serial because it changes the working directory.
func TestContextSpecialFiles(t *testing.T) {
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
			t.Errorf("the image has the %s", kind)
		}
	}
}
