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

// Mode is a mode to be set after the archive is extracted.
type Mode struct {
	Path string // as in the archive, prefix included
	Mode int64  // the lower twelve bits
}

// special bits: set-user-ID, set-group-ID and sticky.
const specialBits = 0o7000

// chmodBatch keeps a script's command lines far below every system's limit.
const chmodBatch = 64

// ModeScript returns POSIX shell commands that set s.Modes, to be run in the directory where the archive was extracted; nil when
// there is nothing to set. A second header for the same directory would not do: busybox tar never changes modes unless it runs as root,
// writing a file clears its set-user-ID bit, and both busybox and GNU tar create some links only after the last entry.
func (s Summary) ModeScript() []byte {
	var b bytes.Buffer
	for start := 0; start < len(s.Modes); {
		end := start + 1
		for end < len(s.Modes) && end-start < chmodBatch && s.Modes[end].Mode == s.Modes[start].Mode {
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

// noteMode remembers a mode that extraction as a plain user can't give. The last entry of a name counts.
func (s *sender) noteMode(hdr *tar.Header) {
	switch {
	case hdr.Typeflag == tar.TypeDir && (hdr.Mode&0o700 != 0o700 || hdr.Mode&specialBits != 0),
		hdr.Typeflag == tar.TypeReg && hdr.Mode&specialBits != 0:
		s.modes[hdr.Name] = hdr.Mode
	default:
		delete(s.modes, hdr.Name)
	}
}

// setLater remembers the mode of a file named relative to the context.
func (s *sender) setLater(hdr *tar.Header) {
	s.modes[path.Join(s.prefix, hdr.Name)] = hdr.Mode
}

// sortedModes puts what is deepest first: a directory closed too early hides what is below.
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

// tarMode maps a file's mode as docker does: a Windows client knows no modes, so all it sends may be run and read.
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
