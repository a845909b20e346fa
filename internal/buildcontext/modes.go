package buildcontext

import (
	"archive/tar"
	"bytes"
	"cmp"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// Mode is a mode to set after the archive is extracted.
type Mode struct {
	Path string // as in the archive, prefix included
	Mode int64  // the lower twelve bits
}

// specialBits are set-user-ID, set-group-ID and sticky.
const specialBits = 0o7000

// maxChmodNames limits the length of a script's command lines.
const maxChmodNames = 64

// ModeScript returns POSIX shell commands that set s.Modes, or nil. They must run in the directory in which the archive was extracted. A
// second header for the same directory is not enough: busybox tar changes modes only as root, a write clears a file's set-user-ID bit,
// and both busybox and GNU tar create some links only after the last entry.
func (s Summary) ModeScript() []byte {
	var b bytes.Buffer
	for start := 0; start < len(s.Modes); {
		end := start + 1
		for end < len(s.Modes) && end-start < maxChmodNames && s.Modes[end].Mode == s.Modes[start].Mode {
			end++
		}
		// Five digits: with fewer, GNU chmod keeps a directory's set-group-ID bit.
		fmt.Fprintf(&b, "chmod %05o --", s.Modes[start].Mode)
		for _, m := range s.Modes[start:end] {
			b.WriteString(" '" + strings.ReplaceAll(m.Path, "'", `'\''`) + "'")
		}
		b.WriteString(" || exit\n")
		start = end
	}
	return b.Bytes()
}

// noteMode remembers a mode that tar can't set as an unprivileged user. The last entry of a name counts.
func (s *sender) noteMode(hdr *tar.Header) {
	switch {
	case hdr.Typeflag == tar.TypeDir && (hdr.Mode&0o700 != 0o700 || hdr.Mode&specialBits != 0),
		hdr.Typeflag == tar.TypeReg && hdr.Mode&specialBits != 0:
		s.modes[hdr.Name] = hdr.Mode
	default:
		delete(s.modes, hdr.Name)
	}
}

// setLater remembers a mode. The name is relative to the context.
func (s *sender) setLater(hdr *tar.Header) {
	s.modes[path.Join(s.prefix, hdr.Name)] = hdr.Mode
}

// sortedModes puts the deepest path first: a directory without the x bit hides what is below.
func sortedModes(modes map[string]int64) []Mode {
	var list []Mode
	for p, m := range modes {
		list = append(list, Mode{Path: p, Mode: m})
	}
	slices.SortFunc(list, func(a, b Mode) int {
		return cmp.Or(
			cmp.Compare(strings.Count(b.Path, "/"), strings.Count(a.Path, "/")),
			cmp.Compare(a.Path, b.Path),
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
