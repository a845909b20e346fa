package e2e_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// buildPlatforms builds for two platforms in one pod, of which the node can run only one.
func buildPlatforms(t *testing.T) {
	t.Parallel()
	ns, dir := namespace(t, baseline), t.TempDir()
	dockerfile := strings.Replace(shell("ARG TARGETARCH", `RUN echo "for $TARGETARCH by $(uname -m)" >/made`), "FROM ", "FROM --platform=$BUILDPLATFORM ", 1)
	dockerfile = strings.Replace(dockerfile, "\n", " AS build\n", 1) + scratch("COPY --from=build /made /")
	r := build(ns, "-t", repository(ns), "-t", repository(ns)+":2", "--push", "--platform", "linux/amd64,linux/arm64",
		"-o", "type=oci,dest="+dir+"/out.tar", "--metadata-file", dir+"/metadata", only(t, dockerfile)).run(t).succeeds(t)
	digest := digestOf(t, repository(ns))
	if want := repository(ns) + "@" + digest + "\n"; r.stdout != want || digestOf(t, repository(ns)+":2") != digest {
		t.Errorf("printed %q, want %q", r.stdout, want)
	}
	if metadata := read(t, dir+"/metadata"); !strings.Contains(metadata, `"mediaType": "application/vnd.oci.image.index.v1+json"`) {
		t.Errorf("metadata: %s", metadata)
	}
	ref, err := name.ParseReference(repository(ns))
	if err != nil {
		t.Fatal(err)
	}
	pushed, err := remote.Index(ref, remote.WithContext(t.Context()), remote.WithTransport(shared.Registries))
	if err != nil {
		t.Fatal(err)
	}
	checkPlatforms(t, pushed)
	shellOut(t, "mkdir '"+dir+"/out' && tar -xf '"+dir+"/out.tar' -C '"+dir+"/out'")
	path, err := layout.FromPath(dir + "/out")
	if err != nil {
		t.Fatal(err)
	}
	outer, err := path.ImageIndex()
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := outer.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	inner, err := outer.ImageIndex(manifest.Manifests[0].Digest)
	if err != nil {
		t.Fatal(err)
	}
	checkPlatforms(t, inner)
}

// checkPlatforms fails unless an index has an image for each platform, each with the file that was made for it.
func checkPlatforms(t *testing.T, index v1.ImageIndex) {
	t.Helper()
	manifest, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, m := range manifest.Manifests {
		image, err := index.Image(m.Digest)
		if err != nil {
			t.Fatal(err)
		}
		made, _, _ := strings.Cut(fileIn(t, image, "made"), " by ")
		got[m.Platform.String()] = made + ", " + configOf(t, image).Platform().String()
	}
	want := map[string]string{"linux/amd64": "for amd64, linux/amd64", "linux/arm64": "for arm64, linux/arm64"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
