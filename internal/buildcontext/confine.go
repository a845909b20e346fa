package buildcontext

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// smallFile is a Dockerfile or an ignore file that is not open yet.
type smallFile struct {
	context string // directory
	name    string
	named   bool // by the user
}

// open opens the file. The file can be a link, but only to another file in the context, or in its own directory if it is outside the context:
// whoever wrote that directory must not choose another file of the user, because the engine and the plugin print what they can't parse.
// It accepts a pipe only if the user named it: a pipe that nobody writes to never ends.
func (s smallFile) open() (*os.File, error) {
	if s.named && isDescriptor(s.name) {
		return os.Open(s.name) // as a shell passes <(COMMAND)
	}
	dir, rel, escapes, err := s.place()
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	f, err := s.openIn(root, rel)
	if err == nil || errors.Is(err, fs.ErrNotExist) || errors.Is(err, errNotRegular) {
		return f, err
	}
	// os.Root follows no absolute link, not even one that stays below it.
	if rel, err = resolveBelow(dir, s.name, escapes); err != nil {
		return nil, err
	}
	return s.openIn(root, rel)
}

// place returns the directory that the file must not leave, the rest of its path, and the error for a file that does.
func (s smallFile) place() (dir, rel string, escapes, err error) {
	rel, inside, err := inContext(s.context, s.name)
	if inside || err != nil {
		return s.context, rel, errEscapes, err
	}
	return filepath.Dir(s.name), filepath.Base(s.name), errLeavesDirectory, nil
}

func (s smallFile) openIn(root *os.Root, name string) (*os.File, error) {
	flags := nonBlocking // the open of a pipe waits for a writer
	if info, err := root.Stat(name); err == nil && s.isNamedPipe(info) {
		flags = 0
	}
	f, err := root.OpenFile(name, os.O_RDONLY|flags, 0)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.IsDir() && !info.Mode().IsRegular() && !s.isNamedPipe(info) {
		err = errNotRegular
	}
	if err == nil && info.IsDir() {
		err = errIsDirectory
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

func (s smallFile) isNamedPipe(info fs.FileInfo) bool {
	return s.named && info.Mode().Type() == fs.ModeNamedPipe
}

// isDescriptor reports whether name stands for an open file of this process.
func isDescriptor(name string) bool {
	path, err := filepath.Abs(name)
	return err == nil && slices.ContainsFunc([]string{"/dev/stdin", "/dev/fd/*", "/proc/*/fd/*"}, func(pattern string) bool {
		ok, err := filepath.Match(pattern, path)
		return ok && err == nil
	})
}

// inContext reports whether name is below the context directory, and returns the rest of its path. The way to the context can have
// links, of the user's own choice.
func inContext(context, name string) (rel string, inside bool, err error) {
	contextInfo, err := os.Stat(context)
	if err != nil {
		return "", false, err
	}
	path, err := filepath.Abs(name)
	if err != nil {
		return "", false, err
	}
	for dir := filepath.Dir(path); ; dir = filepath.Dir(dir) {
		if info, err := os.Stat(dir); err == nil && os.SameFile(info, contextInfo) {
			rel, err := filepath.Rel(dir, path)
			return rel, true, err
		}
		if dir == filepath.Dir(dir) {
			return "", false, nil
		}
	}
}

// resolveBelow follows all links in name and returns the result relative to dir, or escapes if it is not below dir.
func resolveBelow(dir, name string, escapes error) (string, error) {
	var resolved [2]string
	for i, path := range []string{dir, name} {
		path, err := filepath.Abs(path)
		if err != nil {
			return "", err
		}
		if resolved[i], err = filepath.EvalSymlinks(path); err != nil {
			return "", err
		}
	}
	rel, err := filepath.Rel(resolved[0], resolved[1])
	if err != nil || !filepath.IsLocal(rel) {
		return "", escapes
	}
	return rel, nil
}
