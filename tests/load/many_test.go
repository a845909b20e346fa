package load_test

import (
	"fmt"
	"io"
	"path/filepath"
	"sync"
	"testing"
)

// All in one namespace, ten to a tag: each must print the digest of an image with its own content.
func TestManyBuildsAtOnce(t *testing.T) {
	ns := namespace(t)
	var all sync.WaitGroup
	for i := range scaled(50) {
		dir := t.TempDir()
		content := fmt.Sprintf("of build %d", i)
		write(t, filepath.Join(dir, "own"), content)
		write(t, filepath.Join(dir, "Dockerfile"), "FROM "+shared.Registry+"/busybox:1\nCOPY own /\nRUN sleep 1\n")
		tag := fmt.Sprintf("%s/load/%s:%d", shared.Registry, ns, i/10)
		all.Go(func() {
			r, ok := build(t, io.Discard, "-n", ns, "-t", tag, "--request", "cpu=20m,memory=32Mi", dir)
			if !ok {
				return
			}
			found := ""
			inImage(t, r.digest, func(name string, file io.Reader) error {
				if name != "own" {
					return nil
				}
				data, err := io.ReadAll(file)
				found = string(data)
				return err
			})
			if found != content {
				t.Errorf("build %d: its image has %q, want %q", i, found, content)
			}
		})
	}
	all.Wait()
}
