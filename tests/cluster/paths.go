package cluster

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

// Environment variables that move what the cluster keeps on disk, and that choose the cluster that all commands share:
// checkouts with different numbers do not disturb each other.
const (
	EnvCache    = "KUBECTL_IMG_TESTS_CACHE"
	EnvState    = "KUBECTL_IMG_TESTS_STATE"
	EnvInstance = "KUBECTL_IMG_TESTS_INSTANCE"
)

// paths are the directories and names the cluster works with. Every parent of state must be traversable by others: in a pod with a
// user namespace of its own, the mapped root walks them.
type paths struct {
	instance
	root  string // the repository
	cache string // compiled binaries and image layers, shared by all checkouts
	state string // the one cluster's files; pki and registries survive Down
}

func newPaths(opts Options) (paths, error) {
	p := sharedPaths()
	if opts.Instance != 0 {
		p = pathsOf(opts.Instance)
	}
	var err error
	p.root, err = findRoot(opts.Root)
	return p, err
}

// pathsOf is enough for a cluster that exists: only starting one needs the repository.
func pathsOf(number int) paths {
	state := envOr(EnvState, "/var/lib/kubectl-img-tests")
	if number != 0 {
		state += "-" + strconv.Itoa(number)
	}
	return paths{instance: newInstance(number), cache: envOr(EnvCache, "/var/cache/kubectl-img"), state: state}
}

func sharedPaths() paths {
	number, err := strconv.Atoi(os.Getenv(EnvInstance))
	if err != nil {
		number = 0
	}
	return pathsOf(number)
}

func envOr(key, fallback string) string {
	if value := os.Getenv(key); value != "" {
		return filepath.Clean(value)
	}
	return fallback
}

// in returns a path below the state directory.
func (p paths) in(elem ...string) string {
	return filepath.Join(append([]string{p.state}, elem...)...)
}

// findRoot walks up from dir, or from the working directory where dir is empty, to the repository's root.
func findRoot(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("find repository root: %w", err)
	}
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "images", "builder", "compile.sh")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("find repository root: no images/builder/compile.sh in any parent of the working directory")
		}
	}
}

// makeTraversable creates dir and checks that others may walk every directory on the way to it.
func makeTraversable(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for {
		info, err := os.Stat(dir)
		if err != nil {
			return err
		}
		if info.Mode().Perm()&0o001 == 0 {
			return fmt.Errorf("use %s: mode %#o keeps others out; needs at least 0711", dir, info.Mode().Perm())
		}
		if dir == filepath.Dir(dir) {
			return nil
		}
		dir = filepath.Dir(dir)
	}
}
