package e2e_test

import (
	"encoding/json"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDigest(t *testing.T) {
	t.Parallel()
	t.Run("on stdout", digestOnStdout)
	t.Run("in files", digestInFiles)
}

func digestOnStdout(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	dir := only(t, shell("RUN echo a-step-says-$((40+2))"))
	shown := build(ns, "-t", repository(ns), dir).run(t).succeeds(t)
	shown.says(t, "a-step-says-42")
	line := repository(ns) + "@" + digestOf(t, repository(ns)) + "\n"
	if shown.stdout != line {
		t.Errorf("stdout %q, want %q", shown.stdout, line)
	}
	for _, flags := range [][]string{{"-q"}, {"--progress", "quiet"}} {
		quiet := build(ns, append(flags, "-t", repository(ns), dir)...).run(t).succeeds(t)
		line := repository(ns) + "@" + digestOf(t, repository(ns)) + "\n"
		if quiet.stdout != line || quiet.stderr != "" {
			t.Errorf("%v: stdout %q, want %q; stderr %q", flags, quiet.stdout, line, quiet.stderr)
		}
	}
}

func digestInFiles(t *testing.T) {
	t.Parallel()
	ns, files := namespace(t, privileged), t.TempDir()
	iid, digest, metadata := filepath.Join(files, "iid"), filepath.Join(files, "digest"), filepath.Join(files, "metadata.json")
	one, two := repository(ns)+":1", repository(ns)+":2"
	build(ns, "-t", one, "-t", two, "--iidfile", iid, "--digest-file", digest, "--metadata-file", metadata,
		only(t, scratch("LABEL a=b"))).run(t).succeeds(t)

	image := pull(t, one)
	manifest, err := image.Manifest()
	if err != nil {
		t.Fatal(err)
	}
	size, err := image.Size()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := read(t, iid), manifest.Config.Digest.String(); got != want {
		t.Errorf("iidfile %q, want %q", got, want)
	}
	if got, want := read(t, digest), digestOf(t, one); got != want {
		t.Errorf("digest file %q, want %q", got, want)
	}
	var got any
	if err := json.Unmarshal([]byte(read(t, metadata)), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"kubectl-img.profile":          "userns",
		"image.name":                   one + "," + two,
		"containerimage.digest":        digestOf(t, one),
		"containerimage.config.digest": manifest.Config.Digest.String(),
		"containerimage.descriptor": map[string]any{
			"mediaType": string(manifest.MediaType), "digest": digestOf(t, one), "size": float64(size),
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("metadata (-want +got):\n%s", diff)
	}
}
