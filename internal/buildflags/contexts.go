package buildflags

import (
	"errors"
	"fmt"
	"strings"

	"github.com/distribution/reference"

	"github.com/kubectl-img/kubectl-img/internal/build"
	"github.com/kubectl-img/kubectl-img/internal/buildcontext"
	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/internal/session"
)

const (
	imageScheme  = "docker-image://"
	layoutScheme = "oci-layout://"
)

// readContexts reads every --build-context. As in buildx, the last of those with the same name counts.
func (f *imageFlags) readContexts(plan *build.Plan) error {
	last := map[string]int{}
	var names []string
	for i, value := range f.contexts {
		name, err := contextName(value)
		if err != nil {
			return cli.Usagef("invalid value for %s: %w", f.source("build-context"), err)
		}
		last[name] = i
		names = append(names, name)
	}
	for i, name := range names {
		if last[name] != i {
			continue
		}
		_, where, _ := strings.Cut(f.contexts[i], "=")
		if err := readContext(plan, name, where); err != nil {
			return cli.Usagef("%s %s: %w", f.source("build-context"), name, err)
		}
	}
	return nil
}

// contextName returns the name that the Dockerfile uses. buildx takes names of images, and treats app and app:latest alike. The value can have a token, and stays
// out of errors.
func contextName(value string) (string, error) {
	name, where, ok := strings.Cut(value, "=")
	if !ok || name == "" || where == "" {
		return "", errors.New("want NAME=PATH, NAME=URL, NAME=" + imageScheme + "REF or NAME=" + layoutScheme + "PATH")
	}
	named, err := reference.ParseNormalizedNamed(name)
	if err != nil {
		return "", fmt.Errorf("name %q: %w", name, err)
	}
	return strings.TrimSuffix(reference.FamiliarString(named), ":latest"), nil
}

func readContext(plan *build.Plan, name, where string) error {
	image, isImage := strings.CutPrefix(where, imageScheme)
	layout, isLayout := strings.CutPrefix(where, layoutScheme)
	switch {
	case isImage:
		if _, err := build.ParseReference(image); err != nil {
			return err
		}
	case isLayout:
		dir, digest, err := findInLayout(layout)
		if err != nil {
			return err
		}
		source, err := buildcontext.Whole(dir)
		if err != nil {
			return err
		}
		where = layoutScheme + addContext(plan, name, source) + "@" + digest
	case isRemote(where):
		if err := checkURL(where); err != nil {
			return fmt.Errorf("its URL %w", err)
		}
	case strings.HasPrefix(where, "target:"):
		return errors.New("a target of a bake file is not known here: want a path, a URL or an image")
	default:
		source, err := buildcontext.Further(where)
		if err != nil {
			return err
		}
		where = addContext(plan, name, source)
	}
	plan.Build.Contexts = append(plan.Build.Contexts, name+"="+where)
	return nil
}

// addContext returns the directory of the pod that a further context is uploaded to.
func addContext(plan *build.Plan, name string, source *buildcontext.Context) string {
	dir := session.FurtherContextDir(len(plan.Further))
	plan.Further = append(plan.Further, build.FurtherContext{Name: name, Path: dir, Source: source})
	return dir
}
