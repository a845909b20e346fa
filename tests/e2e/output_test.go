package e2e_test

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/tarball"

	"github.com/kubectl-img/kubectl-img/tests/cluster/archive"
)

func TestOutput(t *testing.T) {
	t.Parallel()
	t.Run("tar", outputTar)
	t.Run("local directory", outputLocal)
	t.Run("docker archive", outputDocker)
	t.Run("OCI archive and a push", outputOCI)
	t.Run("failed build", outputOfFailedBuild)
}

// outputContext is a context whose image has a small tree of known files.
func outputContext(t *testing.T) string {
	t.Helper()
	return contextOf(t, map[string]string{
		"Dockerfile":   scratch("COPY tree /"),
		"tree/file":    "content\n",
		"tree/sub/big": strings.Repeat("0123456789abcdef", 200_000),
	})
}

// checkTree compares the files of the tree with those of the context.
func checkTree(t *testing.T, file, big string) {
	t.Helper()
	if file != "content\n" || big != strings.Repeat("0123456789abcdef", 200_000) {
		t.Errorf("file %q, and another of %d bytes", file, len(big))
	}
}

func outputTar(t *testing.T) {
	t.Parallel()
	ns, dest := namespace(t, privileged), filepath.Join(t.TempDir(), "out.tar")
	r := build(ns, "-o", "type=tar,dest="+dest, outputContext(t)).run(t).succeeds(t)
	if r.stdout != "" {
		t.Errorf("stdout %q without a push", r.stdout)
	}
	piped := build(ns, "-o", "type=tar,dest=-", outputContext(t)).run(t).succeeds(t)
	for _, out := range []string{read(t, dest), piped.stdout} {
		tree := listing(t, strings.NewReader(out))
		checkTree(t, tree["file"].Content, tree["sub/big"].Content)
	}
	checkNothingElse(t, filepath.Dir(dest), "out.tar")
}

func outputLocal(t *testing.T) {
	t.Parallel()
	ns, dest := namespace(t, privileged), filepath.Join(t.TempDir(), "new")
	build(ns, "-o", "type=local,dest="+dest, outputContext(t)).run(t).succeeds(t)
	checkTree(t, read(t, filepath.Join(dest, "file")), read(t, filepath.Join(dest, "sub", "big")))
	checkNothingElse(t, filepath.Dir(dest), "new")
}

func outputDocker(t *testing.T) {
	t.Parallel()
	ns, dest := namespace(t, privileged), filepath.Join(t.TempDir(), "out.tar")
	build(ns, "-t", repository(ns)+":1", "-o", "type=docker,dest="+dest, outputContext(t)).run(t).succeeds(t)
	manifest, err := tarball.LoadManifest(func() (io.ReadCloser, error) { return os.Open(dest) })
	if err != nil {
		t.Fatal(err)
	}
	if len(manifest) != 1 || len(manifest[0].RepoTags) != 1 || manifest[0].RepoTags[0] != repository(ns)+":1" {
		t.Errorf("manifest %+v", manifest)
	}
	image, err := tarball.ImageFromPath(dest, nil)
	if err != nil {
		t.Fatal(err)
	}
	checkTree(t, fileIn(t, image, "file"), fileIn(t, image, "sub/big"))
	if isPushed(t, repository(ns)+":1") {
		t.Error("pushed: with an output, there is no push by default")
	}
}

func outputOCI(t *testing.T) {
	t.Parallel()
	ns, dest := namespace(t, privileged), filepath.Join(t.TempDir(), "out.tar")
	r := build(ns, "-t", repository(ns), "--push", "-o", "type=oci,dest="+dest, outputContext(t)).run(t).succeeds(t)
	if want := repository(ns) + "@" + digestOf(t, repository(ns)) + "\n"; r.stdout != want {
		t.Errorf("stdout %q, want %q", r.stdout, want)
	}
	files, err := archive.Files(strings.NewReader(read(t, dest)))
	if err != nil {
		t.Fatal(err)
	}
	index, err := v1.ParseIndexManifest(bytes.NewReader(files["index.json"]))
	if err != nil {
		t.Fatal(err)
	}
	blob := func(digest v1.Hash) []byte { return files["blobs/"+digest.Algorithm+"/"+digest.Hex] }
	manifest, err := v1.ParseManifest(bytes.NewReader(blob(index.Manifests[0].Digest)))
	if err != nil {
		t.Fatal(err)
	}
	var config v1.ConfigFile
	if err := json.Unmarshal(blob(manifest.Config.Digest), &config); err != nil {
		t.Fatal(err)
	}
	pushed := configOf(t, pull(t, repository(ns)))
	if len(manifest.Layers) != 1 || len(blob(manifest.Layers[0].Digest)) == 0 || config.RootFS.DiffIDs[0] != pushed.RootFS.DiffIDs[0] {
		t.Errorf("archive of layers %v, pushed %v", config.RootFS.DiffIDs, pushed.RootFS.DiffIDs)
	}
}

func outputOfFailedBuild(t *testing.T) {
	t.Parallel()
	ns, dest := namespace(t, privileged), filepath.Join(t.TempDir(), "out.tar")
	build(ns, "-o", "type=tar,dest="+dest, only(t, shell("RUN false"))).run(t).fails(t, codeBuild)
	checkNothingElse(t, filepath.Dir(dest))
}

// checkNothingElse looks for temporary files.
func checkNothingElse(t *testing.T, dir string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != len(names) {
		t.Errorf("%s holds %v, want %v", dir, entries, names)
	}
}
