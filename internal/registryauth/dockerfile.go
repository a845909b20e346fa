package registryauth

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/frontend/dockerfile/shell"
)

// References returns the images that the target of a Dockerfile is built from: those of FROM, COPY --from and RUN
// --mount=from= in the stages it needs, and the frontend of # syntax=. An empty target is the last stage.
func References(dockerfile []byte, target string, buildArgs []string) ([]string, error) {
	var refs []string
	if syntax, _, _, ok := parser.DetectSyntax(dockerfile); ok {
		refs = append(refs, syntax)
	}
	parsed, err := parser.Parse(bytes.NewReader(dockerfile))
	if err != nil {
		return refs, fmt.Errorf("parse Dockerfile: %w", err)
	}
	stages, metaArgs, err := instructions.Parse(parsed.AST, nil)
	if err != nil {
		return refs, fmt.Errorf("parse Dockerfile: %w", err)
	}
	w := walker{stages: stages, lex: shell.NewLex(parsed.EscapeToken), refs: refs, seen: map[int]bool{}}
	w.readArgs(metaArgs, buildArgs)
	w.start(target)
	return w.refs, nil
}

// longest bounds what a word of the Dockerfile may expand to, in bytes: names that double each other need no more than a few lines to fill
// the memory, and no reference is as long.
const longest = 4096

// walker follows a target to the stages and images it needs.
type walker struct {
	stages []instructions.Stage
	lex    *shell.Lex
	args   []string // KEY=VALUE, for FROM
	refs   []string
	seen   map[int]bool
}

// readArgs evaluates the ARGs before the first FROM; a build argument wins over a default.
func (w *walker) readArgs(metaArgs []instructions.ArgCommand, buildArgs []string) {
	given := shell.EnvsFromSlice(buildArgs)
	for _, command := range metaArgs {
		for _, arg := range command.Args {
			value, ok := given.Get(arg.Key)
			if !ok && arg.Value != nil {
				value, ok = w.expand(*arg.Value), true
			}
			if ok {
				w.args = append(w.args, arg.Key+"="+value)
			}
		}
	}
}

func (w *walker) expand(word string) string {
	value, _, err := w.lex.ProcessWord(word, shell.EnvsFromSlice(w.args))
	if err != nil || len(value) > longest {
		return ""
	}
	return value
}

func (w *walker) start(target string) {
	last := len(w.stages) - 1
	if i := w.stage(target, last+1); target != "" && i >= 0 {
		last = i
	} else if n, err := strconv.Atoi(target); err == nil && n >= 0 && n <= last {
		last = n
	}
	w.visit(last)
}

// stage finds an earlier stage by its name.
func (w *walker) stage(name string, before int) int {
	for i, stage := range slices.Backward(w.stages[:before]) {
		if strings.EqualFold(stage.Name, name) {
			return i
		}
	}
	return -1
}

func (w *walker) visit(i int) {
	if i < 0 || w.seen[i] {
		return
	}
	w.seen[i] = true
	w.need(w.expand(w.stages[i].BaseName), i, false)
	for _, command := range w.stages[i].Commands {
		switch c := command.(type) {
		case *instructions.CopyCommand:
			w.need(c.From, i, true)
		case *instructions.RunCommand:
			for _, mount := range instructions.GetMounts(c) {
				w.need(mount.From, i, true)
			}
		}
	}
}

// need notes an image, or follows the name, or the number, of an earlier stage.
func (w *walker) need(from string, i int, numbered bool) {
	if from == "" || from == "scratch" {
		return
	}
	if n, err := strconv.Atoi(from); numbered && err == nil && n >= 0 && n < i {
		w.visit(n)
		return
	}
	if earlier := w.stage(from, i); earlier >= 0 {
		w.visit(earlier)
		return
	}
	if !slices.Contains(w.refs, from) {
		w.refs = append(w.refs, from)
	}
}
