package cluster

import (
	"io/fs"
	"os"
	"path/filepath"
)

// registryLimit is how many bytes of pushed images may pile up over restarts before a start begins with empty registries.
const registryLimit = 6 << 30

// trimRegistries empties registries that tests have filled: what they delete stays on disk, for nothing collects garbage.
func (p paths) trimRegistries() error {
	for _, name := range []string{"registry", "auth-registry"} {
		var size int64
		err := filepath.WalkDir(p.in(name), func(_ string, entry fs.DirEntry, err error) error {
			if os.IsNotExist(err) {
				return nil
			}
			if err != nil || entry.IsDir() {
				return err
			}
			info, err := entry.Info()
			if err == nil {
				size += info.Size()
			}
			return err
		})
		if err != nil {
			return err
		}
		if size > registryLimit {
			if err := os.RemoveAll(p.in(name)); err != nil {
				return err
			}
		}
	}
	return nil
}
