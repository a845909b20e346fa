package plugin

import (
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
)

const (
	outputTar    = "tar"
	outputOCI    = "oci"
	outputDocker = "docker"
	outputLocal  = "local"
)

// readResult reads where the result goes: registry, client, or nowhere.
func (o *buildFlags) readResult(plan *Plan, p process) error {
	var err error
	if plan.Tags, err = o.readTags(); err != nil {
		return err
	}
	for _, tag := range plan.Tags {
		plan.Build.Tags = append(plan.Build.Tags, tag.Reference)
	}
	if err := o.readOutput(plan, p); err != nil {
		return err
	}
	// An output replaces the push, as in buildx, unless both are asked for.
	plan.Build.Push = o.push && (plan.Output == nil || o.given("push"))
	if plan.Build.Push && len(plan.Tags) == 0 {
		return usagef("nothing to push to: no --tag").withHint("-t REGISTRY/NAME:TAG, or --push=false, or --output")
	}
	return nil
}

func (o *buildFlags) readOutput(plan *Plan, p process) error {
	switch len(o.outputs) {
	case 0:
		return nil
	case 1:
	default:
		return usagef("%s is given %d times: img v0.5.11 writes one output per build", o.source("output"), len(o.outputs))
	}
	value := o.outputs[0]
	out, attrs, err := parseOutput(value)
	if err == nil {
		err = checkDestination(out, p)
	}
	if err != nil {
		return o.invalid("output", value, err)
	}
	plan.Output = out
	plan.Build.Output = engineOutput(out, o.named(attrs, plan))
	return nil
}

// named gives an image archive the first tag as its name, if it has none.
func (o *buildFlags) named(attrs []string, plan *Plan) []string {
	isImage := plan.Output.Type == outputOCI || plan.Output.Type == outputDocker
	hasName := slices.ContainsFunc(attrs, func(a string) bool { return strings.HasPrefix(a, "name=") })
	if !isImage || hasName || len(plan.Build.Tags) == 0 {
		return attrs
	}
	if len(plan.Build.Tags) > 1 {
		o.warnings = append(o.warnings, "only the first tag goes into the archive: img v0.5.11 writes one name")
	}
	return append(attrs, "name="+plan.Build.Tags[0])
}

// parseOutput reads a specification as buildx does, with its shorthands DIR and -.
func parseOutput(value string) (*Output, []string, error) {
	fields, err := splitCSV(value)
	if err != nil {
		return nil, nil, err
	}
	if len(fields) == 1 && !strings.Contains(fields[0], "=") {
		return shorthandOutput(fields[0])
	}
	out := &Output{}
	var attrs []string
	for _, field := range fields {
		key, val, ok := strings.Cut(field, "=")
		switch {
		case !ok:
			return nil, nil, fmt.Errorf("%q: want KEY=VALUE", field)
		case key == "type":
			out.Type = val
		case key == "dest":
			out.Dest = val
		default:
			attrs = append(attrs, field)
		}
	}
	if out.Dest == "-" {
		out.Dest, out.Stdout = "", true
	}
	return out, attrs, checkOutput(out, attrs)
}

func shorthandOutput(value string) (*Output, []string, error) {
	switch value {
	case "":
		return nil, nil, errors.New("empty: want type=TYPE,dest=PATH, DIR or -")
	case "-":
		return &Output{Type: outputTar, Stdout: true}, nil, nil
	default:
		return &Output{Type: outputLocal, Dest: value}, nil, nil
	}
}

func checkOutput(out *Output, attrs []string) error {
	switch out.Type {
	case outputTar, outputOCI, outputDocker, outputLocal:
	case "image", "registry":
		return withHint(fmt.Errorf("type %s goes to a registry, not to this machine", out.Type), "--push")
	case "":
		return errors.New("type is missing: want tar, oci, docker or local")
	default:
		return fmt.Errorf("unknown type %q: want tar, oci, docker or local", out.Type)
	}
	if out.Dest == "" && !out.Stdout {
		return withHint(fmt.Errorf("dest is missing: there is nothing here to load type %s into", out.Type), "dest=PATH, or dest=- for stdout")
	}
	if out.Type == outputLocal && out.Stdout {
		return withHint(errors.New("a directory can't go to stdout"), "type=tar,dest=-")
	}
	return checkOutputAttrs(out.Type, attrs)
}

// checkOutputAttrs admits what BuildKit 0.7.2 reads; it turns anything else into metadata that nobody asked for.
func checkOutputAttrs(outputType string, attrs []string) error {
	var known []string
	if outputType == outputOCI || outputType == outputDocker {
		known = []string{"name", "compression", "oci-mediatypes"}
	}
	for _, attr := range attrs {
		key, value, _ := strings.Cut(attr, "=")
		switch {
		case !slices.Contains(known, key):
			return fmt.Errorf("img v0.5.11 knows no %s for type %s", key, outputType)
		case key == "name":
			if _, err := parseTag(value); err != nil {
				return fmt.Errorf("name: %w", err)
			}
		case key == "compression" && value != "gzip" && value != "uncompressed":
			return fmt.Errorf("compression %q: img v0.5.11 knows gzip and uncompressed", value)
		}
	}
	return nil
}

// checkDestination looks at the file system without changing it.
func checkDestination(out *Output, p process) error {
	switch {
	case out.Stdout && p.terminal(p.streams.Out):
		return withHint(errors.New("refusing to write an archive to a terminal"), "redirect stdout: ... > image.tar")
	case out.Stdout:
		return nil
	case out.Type == outputLocal:
		return checkDirectory(out.Dest)
	default:
		return checkFile(out.Dest)
	}
}

// checkDirectory accepts a directory that exists or can be made.
func checkDirectory(path string) error {
	info, err := os.Stat(path)
	switch {
	case err == nil && !info.IsDir():
		return errors.New("dest is a file: type local writes a directory")
	case err == nil:
		return writable(path)
	case errors.Is(err, os.ErrNotExist):
		return checkParent(path)
	default:
		return err
	}
}

func splitCSV(value string) ([]string, error) {
	fields, err := csv.NewReader(strings.NewReader(value)).Read()
	if err != nil {
		return nil, fmt.Errorf("read comma-separated fields: %w", err)
	}
	return fields, nil
}
