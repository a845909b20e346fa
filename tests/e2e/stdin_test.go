package e2e_test

import (
	"archive/tar"
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestContextOnStdin(t *testing.T) {
	t.Parallel()
	t.Run("archive", stdinArchive)
	t.Run("truncated archive", stdinTruncated)
	t.Run("Dockerfile", stdinText)
	t.Run("Dockerfile is a link that leads out", stdinLinkOut)
}

func stdinArchive(t *testing.T) {
	t.Parallel()
	for name, compress := range compressions(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ns := namespace(t, privileged)
			c := build(ns, "-t", repository(ns), "-")
			c.stdin = bytes.NewReader(compress(stdinContext(t)))
			c.run(t).succeeds(t)
			want := map[string]entry{
				"c":             {Kind: "directory", Mode: 0o755},
				"c/sub":         {Kind: "directory", Mode: 0o555},
				"c/sub/program": {Kind: "file", Mode: 0o755, Content: strings.Repeat("x", 100_000), Time: leafTime},
				"c/sub/link":    {Kind: "link", Target: "nowhere"},
			}
			if diff := cmp.Diff(want, onlyLayer(t, pull(t, repository(ns)))); diff != "" {
				t.Errorf("content (-want +got):\n%s", diff)
			}
		})
	}
}

func stdinTruncated(t *testing.T) {
	t.Parallel()
	for name, compress := range compressions(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ns := namespace(t, privileged)
			c := build(ns, "-t", repository(ns), "-")
			whole := compress(stdinContext(t))
			c.stdin = bytes.NewReader(whole[:len(whole)*2/3])
			r := c.run(t)
			r.fails(t, r.code, "unexpected EOF")
			if r.code != codeInternal && r.code != codeUsage {
				t.Errorf("exit code %d:\n%s", r.code, r.stderr)
			}
			if isPushed(t, repository(ns)) {
				t.Error("pushed")
			}
		})
	}
}

func stdinText(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	c := build(ns, "-t", repository(ns), "-")
	c.stdin = strings.NewReader(shell("RUN echo alone >/file"))
	c.run(t).succeeds(t)
	if got := fileIn(t, pull(t, repository(ns)), "file"); got != "alone\n" {
		t.Errorf("content %q", got)
	}
}

// stdinLinkOut has an archive whose Dockerfile only the pod can follow.
func stdinLinkOut(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	for name, target := range map[string]string{"Dockerfile": "way/passwd", "way": "/etc"} {
		if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeSymlink, Name: name, Linkname: target, Mode: 0o777}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	c := build(ns, "-t", repository(ns), "-")
	c.stdin = &archive
	c.run(t).fails(t, codeBuild, "read Dockerfile Dockerfile: points outside the build context").hints(t, "-f")
}
