package buildflags

import (
	"encoding/csv"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/kubectl-img/kubectl-img/internal/build"
	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/internal/localfile"
)

// parseOutput reads a specification as buildx does, with its short forms DIR and -.
func parseOutput(value string) (*build.Destination, []string, error) {
	fields, err := splitCSV(value)
	if err != nil {
		return nil, nil, err
	}
	if len(fields) == 1 && !strings.Contains(fields[0], "=") {
		return parseShortOutput(fields[0])
	}
	out := &build.Destination{}
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
	if out.Dest == "-" || out.Dest != "" && out.Type != build.OutputLocal && localfile.IsStdout(out.Dest) {
		out.Dest, out.Stdout = "", true
	}
	return out, attrs, checkOutput(out, attrs)
}

func parseShortOutput(value string) (*build.Destination, []string, error) {
	switch value {
	case "":
		return nil, nil, errors.New("empty: want type=TYPE,dest=PATH, DIR or -")
	case "-":
		return &build.Destination{Type: build.OutputTar, Stdout: true}, nil, nil
	default:
		return &build.Destination{Type: build.OutputLocal, Dest: value}, nil, nil
	}
}

func checkOutput(out *build.Destination, attrs []string) error {
	switch out.Type {
	case build.OutputTar, build.OutputOCI, build.OutputDocker, build.OutputLocal:
	case outputImage, outputRegistry:
		return checkImage(out, attrs)
	case "":
		return errors.New("type is missing: want tar, oci, docker, local or registry")
	default:
		return fmt.Errorf("unknown type %q: want tar, oci, docker, local or registry", out.Type)
	}
	if out.Dest == "" && !out.Stdout {
		return cli.WithHint(fmt.Errorf("dest is missing: there is nothing here to load type %s into", out.Type), "dest=PATH, or dest=- for stdout")
	}
	if out.Type == build.OutputLocal && out.Stdout {
		return cli.WithHint(errors.New("a directory can't go to stdout"), "type=tar,dest=-")
	}
	return checkOutputAttrs(out.Type, attrs)
}

// checkOutputAttrs accepts the attributes that the engine reads.
func checkOutputAttrs(outputType string, attrs []string) error {
	able := build.Abilities()
	var known []string
	if outputType != build.OutputTar && outputType != build.OutputLocal {
		known = able.Archive.Attrs
	}
	for _, attr := range attrs {
		key, value, _ := strings.Cut(attr, "=")
		switch {
		case !slices.Contains(known, key):
			return fmt.Errorf("%s knows no %s for type %s", able.Name, key, outputType)
		case key == "name":
			if _, err := build.ParseTag(value); err != nil {
				return fmt.Errorf("name: %w", err)
			}
		case key == "compression" && !slices.Contains(able.Archive.Compressions, value):
			return fmt.Errorf("compression %q: %s knows %s", value, able.Name, strings.Join(able.Archive.Compressions, ", "))
		case key == "compression-level":
			if level, err := strconv.Atoi(value); err != nil || level < 0 || level > maxLevel(attrs) {
				return fmt.Errorf("compression-level %q: want a number from 0 to %d", value, maxLevel(attrs))
			}
		case key == "force-compression" || key == "rewrite-timestamp" || key == "oci-mediatypes":
			if _, err := strconv.ParseBool(value); err != nil {
				return fmt.Errorf("%s %q: want true or false", key, value)
			}
		}
	}
	return nil
}

// maxLevel is the highest level of the compression.
func maxLevel(attrs []string) int {
	if slices.Contains(attrs, "compression=zstd") {
		return 22
	}
	return 9
}

// The types of an image that is pushed. The first one also wants push=true.
const (
	outputImage    = "image"
	outputRegistry = "registry"
)

// isImage reports whether an output goes to a registry.
func isImage(out *build.Destination) bool {
	return out.Type == outputImage || out.Type == outputRegistry
}

func checkImage(out *build.Destination, attrs []string) error {
	if out.Dest != "" || out.Stdout {
		return fmt.Errorf("type %s goes to a registry, and has no dest", out.Type)
	}
	rest := withoutPush(attrs)
	if out.Type == outputImage && len(rest) == len(attrs) {
		return cli.WithHint(errors.New("type image goes to a registry, or nowhere"), "type=registry, or type=image,push=true")
	}
	return checkOutputAttrs(out.Type, rest)
}

// withoutPush leaves out the attribute that makes type image the same as type registry.
func withoutPush(attrs []string) []string {
	return slices.DeleteFunc(slices.Clone(attrs), func(attr string) bool { return attr == "push=true" })
}

func splitCSV(value string) ([]string, error) {
	fields, err := csv.NewReader(strings.NewReader(value)).Read()
	if err != nil {
		return nil, fmt.Errorf("read comma-separated fields: %w", err)
	}
	return fields, nil
}
