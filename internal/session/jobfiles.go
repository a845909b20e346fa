package session

import (
	"archive/tar"
	"strings"
)

func writeDir(w *tar.Writer, name string, mode int64) error {
	return w.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: Entry(name) + "/", Mode: mode, Format: tar.FormatGNU})
}

func writeFile(w *tar.Writer, name string, content []byte, mode int64) error {
	h := &tar.Header{Typeflag: tar.TypeReg, Name: Entry(name), Mode: mode, Size: int64(len(content)), Format: tar.FormatGNU}
	if err := w.WriteHeader(h); err != nil {
		return err
	}
	_, err := w.Write(content)
	return err
}

// Entry returns the name that a path in the pod has in the upload, which is extracted at the root.
func Entry(name string) string { return strings.TrimPrefix(name, "/") }

// command returns a command line of the shell.
func command(name string, args ...string) string {
	for _, arg := range args {
		name += " " + quote(arg)
	}
	return name
}

// quote returns s as one word of the shell.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
