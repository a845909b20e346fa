package cluster

import (
	"io/fs"
	"os"
	"path/filepath"
)

// registryLimit is the size in bytes above which a start of the cluster empties a registry.
const registryLimit = 6 << 30

// trimRegistries empties large registries. Nothing collects their garbage, so deleted images stay on the disk.
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
