package buildcontext

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// openConfined opens a file. A file in the context directory can be a link, but only to another file in the context: whoever wrote
// the context must not choose a file of the user, because the engine prints what it can't parse. A file outside the context is the
// user's own choice.
func openConfined(context, name string) (*os.File, error) {
	rel, inside, err := inContext(context, name)
	if err != nil {
		return nil, err
	}
	if !inside {
		return os.Open(name)
	}
	root, err := os.OpenRoot(context)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	f, err := root.Open(rel)
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		return f, err
	}
	// os.Root follows no absolute link, not even one that stays in the context.
	if rel, err = resolveInContext(context, name); err != nil {
		return nil, err
	}
	return root.Open(rel)
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

// resolveInContext follows all links in name and returns the result relative to the context, or errEscapes.
func resolveInContext(context, name string) (string, error) {
	var resolved [2]string
	for i, path := range []string{context, name} {
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
		return "", errEscapes
	}
	return rel, nil
}
