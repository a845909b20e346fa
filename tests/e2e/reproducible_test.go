package e2e_test

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// rowOfReproducible is a row of the table in docs/profiles.md: a Dockerfile, and the files that two builds of it never have in common.
var rowOfReproducible = regexp.MustCompile("(?m)^\\| `([a-z-]+)` \\| (.+) \\| writes the time \\|$")

// TestReproducible builds Dockerfiles of the corpus with SOURCE_DATE_EPOCH, each in new pods: twice under userns, and once under every other profile.
// All manifests must have the same digest. `make corpus` takes all Dockerfiles, `make test` every ninth.
func TestReproducible(t *testing.T) {
	t.Parallel()
	namespaces := map[string]string{}
	for profile, level := range levels() {
		namespaces[profile] = namespace(t, level)
	}
	dirs, err := os.ReadDir("testdata/corpus")
	if err != nil {
		t.Fatal(err)
	}
	for i, dir := range dirs {
		if os.Getenv("KUBECTL_IMG_TESTS_CORPUS") != "all" && i%9 != 0 {
			continue
		}
		t.Run(dir.Name(), func(t *testing.T) { sameDigest(t, namespaces, dir.Name()) })
	}
}

func sameDigest(t *testing.T, namespaces map[string]string, name string) {
	digests := map[string]string{}
	var mu sync.Mutex
	var all sync.WaitGroup
	for tag := range maps.Keys(namespaces) {
		for _, again := range []string{"", "-again"} {
			if again != "" && tag != "userns" {
				continue
			}
			all.Go(func() {
				ns := namespaces[tag]
				reference := repository(ns) + ":" + name + again
				r := build(ns, "-t", reference, "--profile", tag, "--build-arg", "REGISTRY="+shared.Registry,
					"--build-arg", "SOURCE_DATE_EPOCH=1700000000", filepath.Join("testdata/corpus", name)).run(t)
				if r.code != 0 {
					t.Errorf("%s: exit code %d:\n%s", tag, r.code, r.stderr)
					return
				}
				mu.Lock()
				defer mu.Unlock()
				digests[tag+again] = strings.TrimPrefix(r.stdout, repository(ns)+"@")
			})
		}
	}
	all.Wait()
	if t.Failed() {
		return
	}
	want := digests["userns"]
	for _, tag := range slices.Sorted(maps.Keys(digests)) {
		if digests[tag] == want {
			continue
		}
		other := pull(t, repository(namespaces[strings.TrimSuffix(tag, "-again")])+":"+name+strings.TrimPrefix(tag, strings.TrimSuffix(tag, "-again")))
		t.Errorf("%s: another digest than userns: %s", tag, differencesOf(t, pull(t, repository(namespaces["userns"])+":"+name), other))
	}
}
