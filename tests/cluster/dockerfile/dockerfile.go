// Package dockerfile reads the builder image's Dockerfile, so that the test cluster makes the same image without a build.
package dockerfile

import (
	"fmt"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// File is a Dockerfile that was read.
type File struct {
	stages []stage
}

type stage struct {
	base, name   string
	platform     string // where the stage's programs run; empty for the image's own platform
	instructions []instruction
}

type instruction struct {
	name string // upper case
	args string // continuation lines joined
}

// Parse understands the instructions that the builder image's Dockerfile uses; a test compares it with BuildKit's parser.
func Parse(text string) (File, error) {
	var file File
	logical := strings.Builder{}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		head, continued := strings.CutSuffix(line, `\`)
		logical.WriteString(strings.TrimSpace(head))
		if continued {
			logical.WriteByte(' ')
			continue
		}
		name, args, _ := strings.Cut(logical.String(), " ")
		logical.Reset()
		if err := file.add(instruction{strings.ToUpper(name), strings.TrimSpace(args)}); err != nil {
			return File{}, err
		}
	}
	return file, nil
}

func (f *File) add(next instruction) error {
	if next.name == "FROM" {
		words := strings.Fields(next.args)
		platform := ""
		if len(words) > 0 && strings.HasPrefix(words[0], "--") {
			platform, words = strings.TrimPrefix(words[0], "--platform="), words[1:]
		}
		if len(words) != 3 || !strings.EqualFold(words[1], "AS") {
			return fmt.Errorf("parse Dockerfile: FROM %s: want a base and a name", next.args)
		}
		f.stages = append(f.stages, stage{base: words[0], name: words[2], platform: platform})
		return nil
	}
	if len(f.stages) == 0 {
		return fmt.Errorf("parse Dockerfile: %s before FROM", next.name)
	}
	last := &f.stages[len(f.stages)-1]
	last.instructions = append(last.instructions, next)
	return nil
}

func (f File) stage(name string) stage {
	for _, stage := range f.stages {
		if stage.name == name {
			return stage
		}
	}
	return stage{}
}

// Packages are the Debian packages that the stages tools and rootfs install.
func (f File) Packages() []string {
	var names []string
	for _, stage := range []string{"tools", "rootfs"} {
		for _, instruction := range f.stage(stage).instructions {
			_, install, ok := strings.Cut(instruction.args, "apt-get install ")
			if instruction.name != "RUN" || !ok {
				continue
			}
			install, _, _ = strings.Cut(install, "&&")
			for word := range strings.FieldsSeq(install) {
				// The packages whose names depend on the architecture are compilers for another one.
				if !strings.HasPrefix(word, "-") && !strings.Contains(word, "$") {
					names = append(names, word)
				}
			}
		}
	}
	return names
}

// Config is the image configuration of a stage, including what it inherits from the stages it is based on.
func (f File) Config(name string) v1.Config {
	stage := f.stage(name)
	if stage.name == "" {
		return v1.Config{}
	}
	config := f.Config(stage.base)
	for _, instruction := range stage.instructions {
		switch instruction.name {
		case "ENV":
			config.Env = append(config.Env, words(instruction.args)...)
		case "USER":
			config.User = instruction.args
		case "WORKDIR":
			config.WorkingDir = instruction.args
		case "CMD":
			config.Cmd = words(strings.NewReplacer("[", " ", "]", " ", ",", " ").Replace(instruction.args))
		case "LABEL":
			if config.Labels == nil {
				config.Labels = map[string]string{}
			}
			for _, word := range words(instruction.args) {
				key, value, _ := strings.Cut(word, "=")
				config.Labels[key] = value
			}
		}
	}
	return config
}

// words splits a text at spaces outside double quotes, and removes the quotes.
func words(text string) []string {
	var list []string
	quoted := false
	for _, field := range strings.FieldsFunc(text, func(r rune) bool {
		if r == '"' {
			quoted = !quoted
		}
		return r == ' ' && !quoted
	}) {
		list = append(list, strings.ReplaceAll(field, `"`, ""))
	}
	return list
}
