package e2e_test

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/kubectl-img/kubectl-img/tests/cluster/archive"
)

// TestOutputPushed pushes images that are written as -o type=registry says, under each kind of profile, and fetches an archive of the same build.
func TestOutputPushed(t *testing.T) {
	t.Parallel()
	for profile, level := range map[string]string{"userns": baseline, "stock": baseline, "restricted": restricted} {
		t.Run(profile, func(t *testing.T) {
			t.Parallel()
			outputPushed(t, profile, level)
		})
	}
	t.Run("an older engine", outputPushedOlder)
}

func outputPushed(t *testing.T, profile, level string) {
	ns, dest := namespace(t, level), filepath.Join(t.TempDir(), "out.tar")
	r := build(ns, "--profile", profile, "-o", "type=registry,name="+repository(ns)+",compression=zstd,force-compression=true", "-o", "type=oci,compression=estargz,force-compression=true,dest="+dest,
		outputContext(t)).run(t).succeeds(t)
	if want := repository(ns) + "@" + digestOf(t, repository(ns)) + "\n"; r.stdout != want {
		t.Errorf("stdout %q, want %q", r.stdout, want)
	}
	image := pull(t, repository(ns))
	manifest, err := image.Manifest()
	if err != nil {
		t.Fatal(err)
	}
	for _, layer := range manifest.Layers {
		if layer.MediaType != types.OCILayerZStd {
			t.Errorf("pushed a layer of type %s", layer.MediaType)
		}
	}
	checkTree(t, fileIn(t, image, "file"), fileIn(t, image, "sub/big"))
	for _, layer := range archivedLayers(t, dest) {
		if layer.Annotations["containerd.io/snapshot/stargz/toc.digest"] == "" {
			t.Errorf("the archive has a layer that is no estargz: %+v", layer)
		}
	}
}

// archivedLayers returns the layers of the image in an OCI archive.
func archivedLayers(t *testing.T, path string) []v1.Descriptor {
	t.Helper()
	files, err := archive.Files(strings.NewReader(read(t, path)))
	if err != nil {
		t.Fatal(err)
	}
	index, err := v1.ParseIndexManifest(bytes.NewReader(files["index.json"]))
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := v1.ParseManifest(bytes.NewReader(files["blobs/sha256/"+index.Manifests[0].Digest.Hex]))
	if err != nil || len(manifest.Layers) == 0 {
		t.Fatalf("%d layers, %v", len(manifest.Layers), err)
	}
	return manifest.Layers
}

func outputPushedOlder(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	build(ns, "-t", repository(ns), "--image", shared.LegacyImage, "--profile", "unconfined", "-o", "type=registry,compression=zstd", smallContext(t)).run(t).
		fails(t, codeUsage, "--output with compression=zstd", "genuinetools/img")
}
