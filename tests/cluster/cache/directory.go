package cache

import (
	"fmt"
	"os"
	"path/filepath"
)

// Exists tells whether there is a file. A file that can't be looked at counts.
func Exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil || !os.IsNotExist(err)
}

// MakeTraversable creates a directory and checks that every user may traverse it and its parents: in a pod with a user namespace, root is
// an unprivileged user of the node.
func MakeTraversable(dir string) error {
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
