package e2e_test

import (
	"maps"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDockerignore(t *testing.T) {
	t.Parallel()
	t.Run("patterns", ignorePatterns)
	t.Run("excluded Dockerfile", ignoreDockerfile)
	t.Run("ignore file of the Dockerfile", ignoreFileOfDockerfile)
}

func ignorePatterns(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	dir := contextOf(t, map[string]string{
		"Dockerfile":              scratch("COPY . /"),
		".dockerignore":           "# comment\n*.secret\n!kept.secret\n**/node_modules\ndeep/**\n!deep/a/b/wanted\n/rooted\n",
		"plain":                   "",
		"one.secret":              "",
		"kept.secret":             "",
		"sub/one.secret":          "",
		"sub/rooted":              "",
		"rooted":                  "",
		"node_modules/x":          "",
		"sub/node_modules/x/y":    "",
		"sub/node_modules.txt":    "",
		"deep/a/b/wanted":         "",
		"deep/a/b/unwanted":       "",
		"deep/c/unwanted":         "",
		"space name/node_modules": "",
	})
	build(ns, "-t", repository(ns), dir).run(t).succeeds(t)
	checkNames(t, ns, ".dockerignore", "Dockerfile", "deep", "deep/a", "deep/a/b", "deep/a/b/wanted", "kept.secret", "plain",
		"space name", "sub", "sub/node_modules.txt", "sub/one.secret", "sub/rooted")
}

// ignoreDockerfile tests what Docker's documentation says: "You can even use the .dockerignore file to exclude the Dockerfile and .dockerignore files. These files are still sent
// to the builder as they're needed for running the build. But you can't copy the files into the image."
func ignoreDockerfile(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	dir := contextOf(t, map[string]string{
		"Dockerfile": scratch("COPY . /"), ".dockerignore": "Dockerfile\n.dockerignore\n", "plain": "",
	})
	build(ns, "-t", repository(ns), dir).run(t).succeeds(t)
	checkNames(t, ns, "plain")
}

func ignoreFileOfDockerfile(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	dir := contextOf(t, map[string]string{
		"docker/app.Dockerfile":              scratch("COPY a b* /"),
		"docker/app.Dockerfile.dockerignore": "b2\n",
		".dockerignore":                      "a\n",
		"a":                                  "", "b1": "", "b2": "",
	})
	build(ns, "-t", repository(ns), "-f", filepath.Join(dir, "docker", "app.Dockerfile"), dir).run(t).succeeds(t)
	checkNames(t, ns, "a", "b1")
}

func checkNames(t *testing.T, ns string, want ...string) {
	t.Helper()
	image := pull(t, repository(ns))
	got := map[string]bool{}
	layers, err := image.Layers()
	if err != nil {
		t.Fatal(err)
	}
	for _, layer := range layers {
		content, err := layer.Uncompressed()
		if err != nil {
			t.Fatal(err)
		}
		for name := range listing(t, content) {
			got[name] = true
		}
		if err := content.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(got))); diff != "" {
		t.Errorf("names in the image (-want +got):\n%s", diff)
	}
}
