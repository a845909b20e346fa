package img

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/kubectl-img/kubectl-img/internal/engine"
)

// unnamed is the tag of an image that is not pushed: img keeps no record of an image without a name.
const unnamed = "localhost/kubectl-img:latest"

// Steps returns the commands that carry out b.
func (i Img) Steps(b engine.Build) []engine.Step {
	var steps []engine.Step
	if b.Push || b.Output == nil {
		tags := b.Tags
		if len(tags) == 0 {
			tags = []string{unnamed}
		}
		steps = append(steps,
			engine.Step{Phase: engine.PhaseBuild, Argv: i.build(b, append(tagFlags(tags), imageFlags(b.Image)...), true)},
			// `img push` prints no digest; the image store it pushes from knows it.
			engine.Step{Phase: engine.PhaseDigest, Argv: i.command("ls", "--filter", "name=="+tags[0])})
	}
	if b.Push {
		for _, tag := range b.Tags {
			steps = append(steps, engine.Step{Phase: engine.PhasePush, Argv: i.command("push", tag)})
		}
	}
	if b.Output != nil {
		steps = append(steps, engine.Step{Phase: engine.PhaseOutput, Argv: i.build(b, []string{"--output", spec(b.Output)}, !b.Push)})
	}
	return steps
}

func (i Img) command(args ...string) []string {
	return append([]string{"img", args[0], "--state", i.StateDir}, args[1:]...)
}

// build returns an `img build`. Only the first build of a job exports its cache: the second one takes everything from the cache.
func (i Img) build(b engine.Build, result []string, first bool) []string {
	argv := append(i.command("build", "--no-console"), result...)
	if b.Dockerfile != "" {
		argv = append(argv, "--file", b.Dockerfile)
	}
	argv = append(argv, each("--build-arg", b.BuildArgs)...)
	argv = append(argv, each("--label", b.Labels)...)
	argv = append(argv, each("--build-context", b.Contexts)...)
	// A flag, because an older img rejects it; it would ignore a variable.
	argv = append(argv, each("--frontends", b.Frontends)...)
	argv = append(argv, each("--cache-from", b.CacheFrom)...)
	if first {
		argv = append(argv, each("--cache-to", b.CacheTo)...)
	}
	if b.Target != "" {
		argv = append(argv, "--target", b.Target)
	}
	if b.Platform != "" {
		argv = append(argv, "--platform", b.Platform)
	}
	if first { // the second build is to take every step from the first
		if b.NoCache {
			argv = append(argv, "--no-cache")
		}
		argv = append(argv, each("--no-cache-filter", b.StaleSteps)...)
		if b.Pull {
			argv = append(argv, "--pull")
		}
	}
	argv = append(argv, each("--add-host", b.AddHosts)...)
	argv = append(argv, each("--annotation", b.Annotations)...)
	argv = append(argv, each("--ulimit", b.Ulimits)...)
	if b.ShmSize > 0 {
		argv = append(argv, "--shm-size", strconv.FormatInt(b.ShmSize, 10))
	}
	for _, s := range b.Secrets {
		argv = append(argv, "--secret", fields("id="+s.ID, "src="+s.Path))
	}
	for _, k := range b.Keys {
		argv = append(argv, "--ssh", k.ID+"="+k.Path)
	}
	return append(argv, cmp.Or(b.Remote, b.Context))
}

// spec returns the output as BuildKit reads it: comma-separated values, quoted where they hold a comma.
func spec(o *engine.Output) string {
	return fields(append([]string{"type=" + o.Type, "dest=" + o.Path}, o.Attrs...)...)
}

func fields(all ...string) string {
	for i, f := range all {
		if strings.ContainsAny(f, ",\"") {
			all[i] = `"` + strings.ReplaceAll(f, `"`, `""`) + `"`
		}
	}
	return strings.Join(all, ",")
}

// imageFlags say how the image is written, if the build asks for something.
func imageFlags(attrs []string) []string {
	if len(attrs) == 0 {
		return nil
	}
	return []string{"--output", fields(append([]string{"type=image"}, attrs...)...)}
}

func tagFlags(tags []string) []string { return each("--tag", tags) }

func each(flag string, values []string) []string {
	var out []string
	for v := range slices.Values(values) {
		out = append(out, flag, v)
	}
	return out
}
