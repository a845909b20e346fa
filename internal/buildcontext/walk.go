package buildcontext

import (
	"context"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/moby/patternmatcher"
)

// walker visits what belongs to the context: parents before children, names in order.
type walker struct {
	root    string
	rules   *ignoreRules
	visit   func(node) error
	pending []node // excluded parents, which are visited once something in them is
}

func (w *walker) walk(ctx context.Context) error {
	return w.dir(ctx, "", patternmatcher.MatchInfo{})
}

func (w *walker) dir(ctx context.Context, dir string, parent patternmatcher.MatchInfo) error {
	list, err := os.ReadDir(w.file(dir))
	if err != nil {
		return fileError("read directory", w.file(dir), err)
	}
	for _, entry := range list {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		if err := w.entry(ctx, path.Join(dir, entry.Name()), entry, parent); err != nil {
			return err
		}
	}
	return nil
}

func (w *walker) entry(ctx context.Context, rel string, entry fs.DirEntry, parent patternmatcher.MatchInfo) error {
	excluded, match, err := w.rules.matcher.MatchesUsingParentResults(rel, parent)
	if err != nil {
		return fileError("match", rel, err)
	}
	if excluded && !(entry.IsDir() && w.rules.canInclude(rel)) {
		return nil
	}
	info, err := entry.Info()
	if err != nil {
		return fileError("read", w.file(rel), err)
	}
	n := node{path: rel, file: w.file(rel), info: info}
	if excluded {
		return w.excludedDir(ctx, n, match)
	}
	if err := w.send(n); err != nil || !info.IsDir() {
		return err
	}
	return w.dir(ctx, rel, match)
}

// excludedDir looks for exceptions in an excluded directory.
func (w *walker) excludedDir(ctx context.Context, n node, match patternmatcher.MatchInfo) error {
	depth := len(w.pending)
	w.pending = append(w.pending, n)
	err := w.dir(ctx, n.path, match)
	w.pending = w.pending[:min(depth, len(w.pending))]
	return err
}

func (w *walker) send(n node) error {
	for _, p := range w.pending {
		if err := w.visit(p); err != nil {
			return err
		}
	}
	w.pending = w.pending[:0]
	return w.visit(n)
}

func (w *walker) file(rel string) string {
	return filepath.Join(w.root, filepath.FromSlash(rel))
}
