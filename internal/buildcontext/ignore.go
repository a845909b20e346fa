package buildcontext

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"strings"

	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
)

const opIgnore = "read ignore file"

// ignoreFile is a .dockerignore file.
type ignoreFile struct {
	name    string // on disk
	content []byte
}

// findIgnoreFile prefers the ignore file of the Dockerfile to that of the context. It returns nil if there is none.
func findIgnoreFile(dir string, d *dockerfile) (*ignoreFile, error) {
	names := []string{filepath.Join(dir, ".dockerignore")}
	if d.file != "" && !isDescriptor(d.file) {
		names = []string{d.file + ".dockerignore", names[0]}
	}
	for _, name := range names {
		content, err := readSmall(opIgnore, smallFile{context: dir, name: name})
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		return &ignoreFile{name: name, content: content}, nil
	}
	return nil, nil
}

// matcher parses the patterns. A nil file has none.
func (f *ignoreFile) matcher() (*patternmatcher.PatternMatcher, error) {
	if f == nil {
		return patternmatcher.New(nil)
	}
	patterns, err := ignorefile.ReadAll(bytes.NewReader(f.content))
	if err != nil {
		return nil, fileError(opIgnore, f.name, err)
	}
	if err := f.checkLines(); err != nil {
		return nil, err
	}
	m, err := patternmatcher.New(patterns)
	if err != nil {
		return nil, fmt.Errorf("parse %s: %w", f.name, err)
	}
	return m, nil
}

// checkLines finds the line of an invalid pattern. The library does not name the line, and finds some patterns only while matching.
func (f *ignoreFile) checkLines() error {
	for i, line := range bytes.Split(f.content, []byte("\n")) {
		patterns, err := ignorefile.ReadAll(bytes.NewReader(line))
		if err == nil {
			err = checkPatterns(patterns)
		}
		if err != nil {
			return &patternError{file: f.name, line: i + 1, err: err}
		}
	}
	return nil
}

func checkPatterns(patterns []string) error {
	for _, p := range patterns {
		if _, err := patternmatcher.New([]string{p}); err != nil {
			return err
		}
		// The library compiles an exception only after a match of another pattern.
		ask := []string{p}
		if strings.HasPrefix(p, "!") {
			ask = []string{"*", p}
		}
		if _, err := patternmatcher.MatchesOrParentMatches("x", ask); err != nil {
			return err
		}
	}
	return nil
}

// ignoreRules decide what of a directory belongs to the context. As in docker, the Dockerfile and the ignore file have no exception:
// the client reads both, and sends the Dockerfile beside the context.
type ignoreRules struct {
	matcher *patternmatcher.PatternMatcher
}

// canInclude reports whether an excluded directory can contain something that is not excluded. It can be wrong with true, never with
// false.
func (r *ignoreRules) canInclude(dir string) bool {
	if !r.matcher.Exclusions() {
		return false
	}
	for _, p := range r.matcher.Patterns() {
		if p.Exclusion() && reachesBelow(filepath.ToSlash(p.String()), dir) {
			return true
		}
	}
	return false
}

// reachesBelow reports whether pattern can match a path below dir. It compares component by component.
func reachesBelow(pattern, dir string) bool {
	if strings.ContainsAny(pattern, `[\`) {
		return true // a character class can match a separator
	}
	parts, dirs := strings.Split(pattern, "/"), strings.Split(dir, "/")
	for i, part := range parts {
		if strings.Contains(part, "**") || i == len(dirs) {
			return true
		}
		if ok, err := path.Match(part, dirs[i]); err == nil && !ok {
			return false
		}
	}
	return false // it can match only dir or a parent, and dir has been decided
}
