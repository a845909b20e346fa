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

// ignoreFile is a .dockerignore as it was read.
type ignoreFile struct {
	name    string // as found on disk
	content []byte
}

// findIgnoreFile prefers the one that belongs to the Dockerfile. It returns nil where there is none.
func findIgnoreFile(dir string, d *dockerfile) (*ignoreFile, error) {
	names := []string{filepath.Join(dir, ".dockerignore")}
	if d.file != "" {
		names = []string{d.file + ".dockerignore", names[0]}
	}
	for _, name := range names {
		content, err := readSmall(opIgnore, name)
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

// matcher parses the patterns; nil without a file.
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

// checkLines finds the line of a bad pattern, which the library does not tell, and those it would only find while matching.
func (f *ignoreFile) checkLines() error {
	for i, line := range bytes.Split(f.content, []byte("\n")) {
		patterns, err := ignorefile.ReadAll(bytes.NewReader(line))
		if err == nil {
			err = checkPatterns(patterns)
		}
		if err != nil {
			return &PatternError{File: f.name, Line: i + 1, Pattern: string(bytes.TrimSpace(line)), Err: err}
		}
	}
	return nil
}

func checkPatterns(patterns []string) error {
	for _, p := range patterns {
		if _, err := patternmatcher.New([]string{p}); err != nil {
			return err
		}
		// An exception is compiled only once something is excluded.
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

// rules decide what of a directory travels. The Dockerfile and the ignore file get no exception: both are read here, the
// Dockerfile travels beside the context, and a build can't copy what is excluded, as in docker.
type rules struct {
	matcher *patternmatcher.PatternMatcher
}

// mayHold tells whether something below the excluded directory dir can still travel. It errs on the side of yes.
func (r *rules) mayHold(dir string) bool {
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

// reachesBelow tells whether pattern can match a path below dir, component by component.
func reachesBelow(pattern, dir string) bool {
	if strings.ContainsAny(pattern, `[\`) {
		return true // a character class may also match a separator
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
	return false // matches dir or a parent of it: that decided about dir already
}
