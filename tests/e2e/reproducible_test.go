package e2e_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

const sameDigest = "same"

// TestReproducible builds Dockerfiles of the corpus with SOURCE_DATE_EPOCH, each in new pods: twice under userns, and once under every other profile.
// All manifests must have the same digest, or differ in the files that docs/restricted.md names. `make corpus` takes all Dockerfiles, `make test`
// every ninth.
func TestReproducible(t *testing.T) {
	t.Parallel()
	namespaces := map[string]string{}
	for profile, level := range levels() {
		namespaces[profile] = namespace(t, level)
	}
	rows := rowOfCorpus.FindAllStringSubmatch(read(t, "../../docs/restricted.md"), -1)
	if len(rows) == 0 {
		t.Fatal("docs/restricted.md has no table")
	}
	for i, row := range rows {
		if os.Getenv("KUBECTL_IMG_TESTS_CORPUS") != "all" && i%9 != 0 {
			continue
		}
		t.Run(row[1], func(t *testing.T) {
			images := buildEverywhere(t, namespaces, filepath.Join("testdata/corpus", row[1]))
			if got := whatDiffers(t, images); got != row[3] {
				t.Errorf("docs/restricted.md says %q, found %q: %v", row[3], got, images)
			}
		})
	}
}

// buildEverywhere builds a context under every profile, and returns the image's digest by its reference. The first one under userns is built again.
func buildEverywhere(t *testing.T, namespaces map[string]string, dir string) map[string]string {
	t.Helper()
	digests := map[string]string{}
	var mu sync.Mutex
	var all sync.WaitGroup
	for profile, ns := range namespaces {
		tags := []string{filepath.Base(dir)}
		if profile == "userns" {
			tags = append(tags, filepath.Base(dir)+"-again")
		}
		for _, tag := range tags {
			all.Go(func() {
				reference := repository(ns) + ":" + tag
				r := build(ns, "-t", reference, "--profile", profile, "--build-arg", "REGISTRY="+shared.Registry,
					"--build-arg", "SOURCE_DATE_EPOCH=1700000000", dir).run(t)
				if r.code != 0 {
					t.Errorf("%s: exit code %d:\n%s", profile, r.code, r.stderr)
					return
				}
				mu.Lock()
				defer mu.Unlock()
				digests[reference] = strings.TrimSpace(strings.TrimPrefix(r.stdout, repository(ns)+"@"))
			})
		}
	}
	all.Wait()
	if t.Failed() {
		t.FailNow()
	}
	return digests
}

// whatDiffers names the files in which images with other digests differ from the first one.
func whatDiffers(t *testing.T, digests map[string]string) string {
	t.Helper()
	references := slices.Sorted(maps.Keys(digests))
	names := map[string]bool{}
	for _, other := range references[1:] {
		if digests[other] == digests[references[0]] {
			continue
		}
		differences := differencesOf(t, pull(t, references[0]), pull(t, other))
		for name := range differences {
			names["`"+name+"`"] = true
		}
		if len(differences) == 0 {
			names["times"] = true
		}
	}
	if len(names) == 0 {
		return sameDigest
	}
	return strings.Join(slices.Sorted(maps.Keys(names)), ", ")
}
