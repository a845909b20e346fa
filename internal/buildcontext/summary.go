package buildcontext

import (
	"bytes"
	"fmt"
	"strings"
)

// Summary describes the content of a context.
type Summary struct {
	Bytes   int64      // content of regular files; hard links count once
	Entries int        // files, directories and links, without the context's own root
	Largest []Entry    // at most three, largest first; only for directories
	Skipped []Skipped  // files a build can't use
	SetID   []string   // programs with a set-user-ID or set-group-ID bit, relative to the context; only from WriteTar
	modes   []fileMode // modes that an unprivileged user's tar can't set, for ModeScript; only from WriteTar
}

// Entry is a file, or a directory with its content.
type Entry struct {
	Path  string // slash-separated, relative to the context
	Bytes int64
}

// Skipped is a special file that does not belong to a context.
type Skipped struct {
	Path string // slash-separated, relative to the context
	Kind string // "socket", "device" or "named pipe"
}

// maxChmodNames limits the length of a script's command lines.
const maxChmodNames = 64

// ModeScript returns POSIX shell commands that set s.modes, or nil. They must run in the directory in which the archive was extracted. A
// second header for the same directory is not enough: busybox tar changes modes only as root, a write clears a file's set-user-ID bit,
// and both busybox and GNU tar create some links only after the last entry.
func (s Summary) ModeScript() []byte {
	var b bytes.Buffer
	for start := 0; start < len(s.modes); {
		end := start + 1
		for end < len(s.modes) && end-start < maxChmodNames && s.modes[end].mode == s.modes[start].mode {
			end++
		}
		// Five digits: with fewer, GNU chmod keeps a directory's set-group-ID bit.
		fmt.Fprintf(&b, "chmod %05o --", s.modes[start].mode)
		for _, m := range s.modes[start:end] {
			b.WriteString(" '" + strings.ReplaceAll(m.path, "'", `'\''`) + "'")
		}
		b.WriteString(" || exit\n")
		start = end
	}
	return b.Bytes()
}
