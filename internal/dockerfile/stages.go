package dockerfile

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

// maxExpandedBytes is how long a word of the Dockerfile can be after expansion. A few lines in which each variable doubles the one before
// would fill the memory otherwise. No reference is that long.
const maxExpandedBytes = 4096

// stageWalker visits the stages that a target needs, and collects their images.
type stageWalker struct {
	stages []instructions.Stage
	lex    *shell.Lex
	args   []string // KEY=VALUE, for FROM
	refs   []string
	seen   map[int]bool

	declared []string // by an ARG before the first FROM
}

func newStageWalker(dockerfile []byte, buildArgs []string) (*stageWalker, error) {
	parsed, err := parser.Parse(bytes.NewReader(dockerfile))
	if err != nil {
		return nil, fmt.Errorf("parse Dockerfile: %w", err)
	}
	stages, metaArgs, err := instructions.Parse(parsed.AST, nil)
	if err != nil {
		return nil, fmt.Errorf("parse Dockerfile: %w", err)
	}
	w := &stageWalker{stages: stages, lex: shell.NewLex(parsed.EscapeToken), seen: map[int]bool{}}
	w.readArgs(metaArgs, buildArgs)
	return w, nil
}

// readArgs evaluates the ARGs before the first FROM. A build argument overrides a default.
func (w *stageWalker) readArgs(metaArgs []instructions.ArgCommand, buildArgs []string) {
	given := shell.EnvsFromSlice(buildArgs)
	for _, command := range metaArgs {
		w.declared = append(w.declared, namesOf(command)...)
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

func (w *stageWalker) expand(word string) string {
	value, _, err := w.lex.ProcessWord(word, shell.EnvsFromSlice(w.args))
	if err != nil || len(value) > maxExpandedBytes {
		return ""
	}
	return value
}

func (w *stageWalker) start(target string) {
	last := len(w.stages) - 1
	if i := w.findStage(target, last+1); target != "" && i >= 0 {
		last = i
	} else if n, err := strconv.Atoi(target); err == nil && n >= 0 && n <= last {
		last = n
	}
	w.visit(last)
}

// findStage returns the index of the last stage of this name before another stage, or -1.
func (w *stageWalker) findStage(name string, before int) int {
	for i, stage := range slices.Backward(w.stages[:before]) {
		if strings.EqualFold(stage.Name, name) {
			return i
		}
	}
	return -1
}

func (w *stageWalker) visit(i int) {
	if i < 0 || w.seen[i] {
		return
	}
	w.seen[i] = true
	w.addSource(w.expand(w.stages[i].BaseName), i, false)
	for _, command := range w.stages[i].Commands {
		switch c := command.(type) {
		case *instructions.CopyCommand:
			w.addSource(c.From, i, true)
		case *instructions.RunCommand:
			for _, mount := range instructions.GetMounts(c) {
				w.addSource(mount.From, i, true)
			}
		}
	}
}

// addSource adds the image that stage i takes files from, or visits the earlier stage of that name or number.
func (w *stageWalker) addSource(from string, i int, allowNumber bool) {
	if from == "" || from == "scratch" {
		return
	}
	if n, err := strconv.Atoi(from); allowNumber && err == nil && n >= 0 && n < i {
		w.visit(n)
		return
	}
	if earlier := w.findStage(from, i); earlier >= 0 {
		w.visit(earlier)
		return
	}
	if !slices.Contains(w.refs, from) {
		w.refs = append(w.refs, from)
	}
}

func namesOf(command instructions.ArgCommand) []string {
	var names []string
	for _, arg := range command.Args {
		names = append(names, arg.Key)
	}
	return names
}
