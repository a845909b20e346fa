package cluster

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// dockerfile is the builder image's Dockerfile: the one place that says what the image contains and how it is configured.
type dockerfile struct {
	stages []stage
}

type stage struct {
	base, name   string
	instructions []instruction
}

type instruction struct {
	name string // upper case
	args string // continuation lines joined
}

func (p paths) readDockerfile() (dockerfile, error) {
	data, err := os.ReadFile(filepath.Join(p.root, "images", "builder", "Dockerfile"))
	if err != nil {
		return dockerfile{}, fmt.Errorf("read builder image's Dockerfile: %w", err)
	}
	return parseDockerfile(string(data))
}

// parseDockerfile understands what the builder image's Dockerfile uses; a test holds it against BuildKit's own parser.
func parseDockerfile(text string) (dockerfile, error) {
	var file dockerfile
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
			return dockerfile{}, err
		}
	}
	return file, nil
}

func (d *dockerfile) add(next instruction) error {
	if next.name == "FROM" {
		words := strings.Fields(next.args)
		if len(words) != 3 || !strings.EqualFold(words[1], "AS") {
			return fmt.Errorf("parse Dockerfile: FROM %s: want a base and a name", next.args)
		}
		d.stages = append(d.stages, stage{base: words[0], name: words[2]})
		return nil
	}
	if len(d.stages) == 0 {
		return fmt.Errorf("parse Dockerfile: %s before FROM", next.name)
	}
	last := &d.stages[len(d.stages)-1]
	last.instructions = append(last.instructions, next)
	return nil
}

func (d dockerfile) stage(name string) stage {
	for _, stage := range d.stages {
		if stage.name == name {
			return stage
		}
	}
	return stage{}
}

// packages are the Debian packages that compiling the tools and assembling the root need.
func (d dockerfile) packages() []string {
	var names []string
	for _, stage := range []string{"tools", "rootfs"} {
		for _, instruction := range d.stage(stage).instructions {
			_, install, ok := strings.Cut(instruction.args, "apt-get install ")
			if instruction.name != "RUN" || !ok {
				continue
			}
			install, _, _ = strings.Cut(install, "&&")
			for word := range strings.FieldsSeq(install) {
				if !strings.HasPrefix(word, "-") {
					names = append(names, word)
				}
			}
		}
	}
	return names
}

// config is the image configuration of a stage, with what it inherits from stages it is based on.
func (d dockerfile) config(name string) v1.Config {
	stage := d.stage(name)
	if stage.name == "" {
		return v1.Config{}
	}
	config := d.config(stage.base)
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

// words splits at spaces outside double quotes, and removes the quotes.
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
