package plugin

import (
	"errors"
	"strings"

	"github.com/kubectl-img/kubectl-img/internal/engine"
)

// readBuild reads what the engine is told.
func (o *buildFlags) readBuild(plan *Plan, p process) error {
	b := &plan.Build
	b.Context, b.Dockerfile = podContextDir, podDockerfile
	b.Target, b.NoCache = o.target, o.noCache
	var err error
	if b.BuildArgs, err = o.readBuildArgs(p.env); err != nil {
		return err
	}
	if b.Labels, err = o.readLabels(); err != nil {
		return err
	}
	if b.CacheFrom, err = o.readCacheFrom(); err != nil {
		return err
	}
	b.CacheTo, err = o.readCacheTo()
	return err
}

// readBuildArgs takes KEY from the environment as docker does: a KEY that is not there is left out.
func (o *buildFlags) readBuildArgs(env []string) ([]string, error) {
	var out []string
	for _, arg := range o.buildArgs {
		key, _, hasValue := strings.Cut(arg, "=")
		if strings.TrimSpace(key) == "" {
			// The value stays out of the message: people put secrets there.
			return nil, usagef("invalid value for %s: empty key: want KEY=VALUE or KEY", o.source("build-arg"))
		}
		if hasValue {
			out = append(out, arg)
		} else if value, ok := lookup(env, key); ok {
			out = append(out, key+"="+value)
		}
	}
	return out, nil
}

// readLabels gives a label without a value the empty one, as docker does.
func (o *buildFlags) readLabels() ([]string, error) {
	var out []string
	for _, label := range o.labels {
		key, value, _ := strings.Cut(label, "=")
		if strings.TrimSpace(key) == "" {
			return nil, o.invalid("label", label, errors.New("empty key: want KEY=VALUE"))
		}
		out = append(out, key+"="+value)
	}
	return out, nil
}

// engineOutput is what the engine is told about the output.
func engineOutput(out *Output, attrs []string) *engine.Output {
	format := out.Type
	if format == outputLocal {
		format = outputTar // one file to verify; the client unpacks it
	}
	return &engine.Output{Type: format, Attrs: attrs, Path: podOutputPath}
}
