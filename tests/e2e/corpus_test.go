package e2e_test

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// rowOfCorpus is a row of the table in docs/restricted.md: the Dockerfile, what it does, how the images differ, and what the digest depends on.
var rowOfCorpus = regexp.MustCompile("(?m)^\\| `([a-z-]+)` \\| [^|]+ \\| ([^|]+) \\| ([^|]+) \\|$")

const identical = "identical"

// TestCorpus builds the Dockerfiles of testdata/corpus under the profiles userns, restricted and stock, and compares the images layer by layer: every name
// with its type, mode, owner, target, attributes and content. docs/restricted.md has the results of restricted. Those of stock are all identical. `make corpus` builds all Dockerfiles, `make test`
// every third. With the name of another builder image in KUBECTL_IMG_TESTS_CORPUS_BEFORE, it also logs how the images that this one builds differ
// from ours; tools/update-engine.sh reads these lines.
func TestCorpus(t *testing.T) {
	t.Parallel()
	namespaces := map[string]string{"userns": namespace(t, baseline), "restricted": namespace(t, restricted), "stock": namespace(t, baseline)}
	before := os.Getenv("KUBECTL_IMG_TESTS_CORPUS_BEFORE")
	if before != "" {
		namespaces["before"] = namespace(t, baseline) // neither engine may use what the other has built
	}
	claims := map[string]string{}
	for name, ns := range namespaces {
		claims[name] = cacheClaim(t, ns)
	}
	said := map[string]string{}
	for _, row := range rowOfCorpus.FindAllStringSubmatch(read(t, "../../docs/restricted.md"), -1) {
		said[row[1]] = row[2]
	}
	missing := maps.Clone(said)
	dirs, err := os.ReadDir("testdata/corpus")
	if err != nil {
		t.Fatal(err)
	}
	for i, dir := range dirs {
		name := dir.Name()
		if _, listed := said[name]; !listed {
			t.Errorf("docs/restricted.md lacks %s", name)
		}
		delete(missing, name)
		if os.Getenv("KUBECTL_IMG_TESTS_CORPUS") != "all" && i%3 != 0 {
			continue
		}
		t.Run(name, func(t *testing.T) {
			of := func(profile, tag string, more ...string) v1.Image {
				ns := namespaces[profile]
				args := []string{
					"-t", repository(ns) + ":" + tag, "--profile", profile, "--cache-volume", claims[profile],
					"--build-arg", "REGISTRY=" + shared.Registry, filepath.Join("testdata/corpus", name),
				}
				r := build(ns, append(args, more...)...).run(t).succeeds(t)
				if lost := strings.Contains(r.stderr, "warning: the owner of"); lost {
					t.Errorf("lost an owner:\n%s", r.stderr)
				}
				return pull(t, repository(ns)+":"+tag)
			}
			var images [3]v1.Image
			var all sync.WaitGroup
			for n, profile := range []string{"userns", "restricted", "stock"} {
				all.Go(func() { images[n] = of(profile, name) })
			}
			all.Wait()
			if t.Failed() {
				return
			}
			compare := func(other v1.Image) (names string, differences map[string]string) {
				differences = differencesOf(t, images[0], other)
				if len(differences) > 0 { // two builds under one profile may differ, too
					again := differencesOf(t, images[0], of("userns", name+"-again", "--no-cache"))
					maps.DeleteFunc(differences, func(name, _ string) bool { return again[name] != "" })
				}
				if len(differences) == 0 {
					return identical, nil
				}
				return strings.Join(slices.Sorted(maps.Keys(differences)), ", "), differences
			}
			got, differences := compare(images[1])
			if want := said[name]; got != want {
				t.Errorf("docs/restricted.md says %q, found %q: %s", want, got, differences)
			}
			if got, differences := compare(images[2]); got != identical {
				t.Errorf("profile stock gives another image than userns: %s: %s", got, differences)
			}
			if before != "" {
				got, differences := compare(of("before", name, "--profile", "userns", "--image", before))
				t.Logf("compared with the earlier engine: %s: %s %s", name, got, differences)
			}
		})
	}
	if len(missing) > 0 {
		t.Errorf("in docs/restricted.md, but not in the corpus: %q", slices.Sorted(maps.Keys(missing)))
	}
}

// differencesOf returns for each name how it differs in two images, except in times.
func differencesOf(t *testing.T, a, b v1.Image) map[string]string {
	t.Helper()
	differences := map[string]string{}
	layersA, errA := a.Layers()
	layersB, errB := b.Layers()
	if err := errors.Join(errA, errB); err != nil {
		t.Fatal(err)
	}
	if len(layersA) != len(layersB) {
		return map[string]string{"layers": fmt.Sprint(len(layersA), " and ", len(layersB))}
	}
	if diff := cmp.Diff(configOf(t, a).Config, configOf(t, b).Config); diff != "" {
		differences["configuration"] = diff
	}
	for i := range layersA {
		if digest(t, layersA[i]) == digest(t, layersB[i]) { // the layers of a base image are the same
			continue
		}
		entriesA, entriesB := timeless(t, layersA[i]), timeless(t, layersB[i])
		for name := range entriesA {
			if _, found := entriesB[name]; !found {
				entriesB[name] = entry{}
			}
		}
		for name, theirs := range entriesB {
			if diff := cmp.Diff(entriesA[name], theirs); diff != "" {
				differences[name] = fmt.Sprintf("layer %d: %.1000s", i, diff)
			}
		}
	}
	return differences
}

// timeless lists a layer without times.
func timeless(t *testing.T, layer v1.Layer) map[string]entry {
	t.Helper()
	entries := layerListing(t, layer)
	for name, e := range entries {
		e.Time = time.Time{}
		entries[name] = e
	}
	return entries
}

func digest(t *testing.T, layer v1.Layer) v1.Hash {
	t.Helper()
	hash, err := layer.DiffID()
	if err != nil {
		t.Fatal(err)
	}
	return hash
}
