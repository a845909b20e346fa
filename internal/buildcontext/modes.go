package buildcontext

import (
	"cmp"
	"io/fs"
	"slices"
	"strings"
)

// fileMode is a mode to set after the archive is extracted.
type fileMode struct {
	path string // as in the archive, prefix included
	mode int64  // the lower twelve bits
}

// specialBits are set-user-ID, set-group-ID and sticky.
const specialBits = 0o7000

// sortedModes puts the deepest path first: a directory without the x bit hides what is below.
func sortedModes(modes map[string]int64) []fileMode {
	var list []fileMode
	for p, m := range modes {
		list = append(list, fileMode{path: p, mode: m})
	}
	slices.SortFunc(list, func(a, b fileMode) int {
		return cmp.Or(
			cmp.Compare(strings.Count(b.path, "/"), strings.Count(a.path, "/")),
			cmp.Compare(a.path, b.path),
		)
	})
	return list
}

// tarMode returns a file's mode as docker does. Windows has no such modes, so everyone can read and execute what a Windows client sends.
func tarMode(goos string, mode fs.FileMode) int64 {
	if mode&fs.ModeSymlink != 0 {
		return 0o777
	}
	if goos == "windows" {
		return 0o755
	}
	m := int64(mode.Perm())
	for bit, value := range map[fs.FileMode]int64{fs.ModeSetuid: 0o4000, fs.ModeSetgid: 0o2000, fs.ModeSticky: 0o1000} {
		if mode&bit != 0 {
			m |= value
		}
	}
	return m
}
