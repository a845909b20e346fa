package e2e_test

import (
	"archive/tar"
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// TestFreshContext builds twice from contexts that differ only in content: every size, time and mode is the same. An engine that keeps its state
// must not take the second context for the first one.
func TestFreshContext(t *testing.T) {
	t.Parallel()
	for _, profile := range []string{"userns", "stock", "restricted"} {
		for _, kept := range []string{"without a cache volume", "with a cache volume"} {
			t.Run(profile+", "+kept, func(t *testing.T) {
				t.Parallel()
				ns := namespace(t, levels()[profile])
				flags := []string{"--profile", profile, "-t", repository(ns)}
				if kept == "with a cache volume" {
					flags = append(flags, "--cache-volume", cacheClaim(t, ns))
				}
				for _, content := range []string{"1", "2"} { // a directory
					dir := twinContext(t, content)
					build(ns, append(flags, dir)...).run(t).succeeds(t)
					expectContent(t, ns, content)
				}
				for _, content := range []string{"3", "4"} { // an archive on stdin
					c := build(ns, append(flags, "-")...)
					c.stdin = bytes.NewReader(tarOf(t, twinContext(t, content)))
					c.run(t).succeeds(t)
					expectContent(t, ns, content)
				}
			})
		}
	}
}

// twinContext makes a context whose Dockerfile, file and link have the content, one byte, and always the same time.
func twinContext(t *testing.T, content string) string {
	t.Helper()
	dir := contextOf(t, map[string]string{"Dockerfile": scratch("COPY . /", "ENV CONTENT="+content), "file": "content " + content})
	if err := os.Symlink("to "+content, filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"Dockerfile", "file", "link", "."} {
		when := unix.NsecToTimespec(leafTime.UnixNano())
		if err := unix.UtimesNanoAt(unix.AT_FDCWD, filepath.Join(dir, name), []unix.Timespec{when, when}, unix.AT_SYMLINK_NOFOLLOW); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func expectContent(t *testing.T, ns, content string) {
	t.Helper()
	image := pull(t, repository(ns))
	entries := onlyLayer(t, image)
	if got := fileIn(t, image, "file"); got != "content "+content {
		t.Errorf("the file has %q, want content %s", got, content)
	}
	if got := entries["link"].Target; got != "to "+content {
		t.Errorf("the link leads %q, want to %s", got, content)
	}
	for _, variable := range configOf(t, image).Config.Env {
		if variable == "CONTENT="+content {
			return
		}
	}
	t.Errorf("the Dockerfile was another one: %q", configOf(t, image).Config.Env)
}

// tarOf archives a directory.
func tarOf(t *testing.T, dir string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	if err := errors.Join(w.AddFS(os.DirFS(dir)), w.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
