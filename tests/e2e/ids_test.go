package e2e_test

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

func TestIDs(t *testing.T) {
	t.Parallel()
	t.Run("every id owns files", idsOwnFiles)
	t.Run("builder image with another range", idsOfImage)
	t.Run("cache volume of another profile", idsOfCache)
}

// ids are at the ends of the ranges that the pods' engines map.
var ids = []int{0, 1, 999, 1000, 1001, 1002, 64535, 64536, 65533, 65534}

// owners is a Dockerfile whose image has two files for each id, made by RUN and by COPY.
func owners() string {
	var lines []string
	for _, id := range ids {
		lines = append(lines, fmt.Sprintf("RUN mkdir -p /made && touch /made/%[1]d && chown %[1]d:%[2]d /made/%[1]d", id, 65534-id), fmt.Sprintf("COPY --chown=%[1]d:%[2]d Dockerfile /copied/%[1]d", id, 65534-id))
	}
	return shell(lines...)
}

func checkOwners(t *testing.T, ns string) {
	t.Helper()
	files, got, want := filesOf(t, pull(t, repository(ns))), map[string][2]int{}, map[string][2]int{}
	for _, id := range ids {
		for _, dir := range []string{"made", "copied"} {
			file := fmt.Sprintf("%s/%d", dir, id)
			got[file], want[file] = files[file].Owner, [2]int{id, 65534 - id}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("owners (-want +got):\n%s", diff)
	}
}

func idsOwnFiles(t *testing.T) {
	t.Parallel()
	for profile, level := range levels() {
		t.Run(profile, func(t *testing.T) {
			t.Parallel()
			ns := namespace(t, level)
			build(ns, "-t", repository(ns), "--profile", profile, only(t, owners())).run(t).succeeds(t)
			checkOwners(t, ns)
		})
	}
}

// idsOfImage builds with an image whose ranges are outside of the pod's user namespace, and too small.
func idsOfImage(t *testing.T) {
	t.Parallel()
	image := shared.Registry + "/e2e/builder:small-range"
	pushWithFile(t, shared.BuilderImage, image, map[string]string{"etc/subuid": "user:300000:10\n", "etc/subgid": "user:300000:10\n"})
	for _, profile := range []string{"userns", "localhost"} {
		t.Run(profile, func(t *testing.T) {
			t.Parallel()
			ns := namespace(t, baseline)
			build(ns, "-t", repository(ns), "--profile", profile, "--image", image, only(t, owners())).run(t).succeeds(t)
			checkOwners(t, ns)
		})
	}
}

// idsOfCache uses the state of one profile under another, where the same id inside is another one on the volume.
func idsOfCache(t *testing.T) {
	t.Parallel()
	ns := namespace(t, baseline)
	volume := cacheClaim(t, ns)
	step := "RUN touch /file && chown 5:65534 /file"
	for i, profile := range []string{"userns", "localhost", "userns"} {
		text := fmt.Sprintf("in build %d the owner is ", i)
		r := build(ns, "-t", repository(ns), "--profile", profile, "--cache-volume", volume, "--progress", "plain",
			only(t, shell(step, `RUN echo "`+text+`$(stat -c %u:%g /file)"`))).run(t).succeeds(t)
		r.says(t, text+"5:65534")
	}
}

// pushWithFile pushes an image with other files under a further reference.
func pushWithFile(t *testing.T, from, to string, files map[string]string) {
	t.Helper()
	var content bytes.Buffer
	w := tar.NewWriter(&content)
	for path, text := range files {
		if err := w.WriteHeader(&tar.Header{Name: path, Mode: 0o755, Size: int64(len(text))}); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, text); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(content.Bytes())), nil })
	if err != nil {
		t.Fatal(err)
	}
	image, err := mutate.AppendLayers(pull(t, from), layer)
	if err != nil {
		t.Fatal(err)
	}
	tag, err := name.NewTag(to)
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(tag, image, remote.WithContext(t.Context()), remote.WithTransport(shared.Registries)); err != nil {
		t.Fatal(err)
	}
}
