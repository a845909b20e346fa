package engine

import (
	"slices"
	"strings"
)

// Img is the engine in images/builder/img, or genuinetools/img v0.5.11 in older builder images. Both understand the same commands.
type Img struct {
	StateDir string // its snapshots and metadata; one process at a time
	// Hide are the supervisor's files and directories. The engine covers them in its own mount namespace, where a build step could get at them.
	Hide []string
	// Losses is where the engine reports the files whose owners it could not keep. It is for a pod where nothing but its own id is
	// mapped, and owners are emulated; empty for any other.
	Losses string
}

// unnamed stands in for a tag where nothing is pushed: img keeps no record of an image without a name.
const unnamed = "localhost/kubectl-img:latest"

// Steps returns the commands that make b happen.
func (i Img) Steps(b Build) []Step {
	var steps []Step
	if b.Push || b.Output == nil {
		tags := b.Tags
		if len(tags) == 0 {
			tags = []string{unnamed}
		}
		steps = append(steps,
			Step{PhaseBuild, i.build(b, tagFlags(tags), true)},
			// `img push` prints no digest; the image store it pushes from knows it.
			Step{PhaseDigest, i.command("ls", "--filter", "name=="+tags[0])})
	}
	if b.Push {
		for _, tag := range b.Tags {
			steps = append(steps, Step{PhasePush, i.command("push", tag)})
		}
	}
	if b.Output != nil {
		steps = append(steps, Step{PhaseOutput, i.build(b, []string{"--output", b.Output.spec()}, !b.Push)})
	}
	return steps
}

// Environment is what the supervisor and the engine expect in the container's environment.
func (i Img) Environment() map[string]string {
	env := map[string]string{
		// img refuses to start without these three, and runs newuidmap for the user it finds here.
		"HOME": "/tmp", "USER": "user", "TMPDIR": "/tmp",
		"TOOLS": "img newuidmap newgidmap",
		// Maps a range of ids. Older images have no such verb: their img maps ids by itself each time it starts.
		"ENTER": "img unshare",
		// For programs that know nothing of each other's flags: an older img would refuse one.
		"IMG_HIDE": strings.Join(i.Hide, ":"),
		"PROBE":    "img ls --state " + i.StateDir,
		"STATE":    i.StateDir,
		// The content store, whose files are named by their digests in hex.
		"BLOBS": i.StateDir + "/*/*/content/blobs/sha256",
	}
	if i.Losses != "" {
		env["TOOLS"] = "img ownership"
		env["ENTER"] = "/usr/bin/unshare --user --map-root-user --mount env IMG_RUNNING_TESTS=1 ownership --report " + i.Losses
		env["LOSSES"] = i.Losses // which also tells that there is one id
	}
	return env
}

func (i Img) command(args ...string) []string {
	return append([]string{"img", args[0], "--state", i.StateDir}, args[1:]...)
}

// build returns an `img build`. Only the first build of a job exports its cache: a second one repeats it from the cache.
func (i Img) build(b Build, result []string, first bool) []string {
	argv := append(i.command("build", "--no-console"), result...)
	argv = append(argv, "--file", b.Dockerfile)
	argv = append(argv, each("--build-arg", b.BuildArgs)...)
	argv = append(argv, each("--label", b.Labels)...)
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
	if b.NoCache && first {
		argv = append(argv, "--no-cache")
	}
	return append(argv, b.Context)
}

// spec returns the output as BuildKit writes it: comma-separated values, quoted where they hold a comma.
func (o Output) spec() string {
	fields := append([]string{"type=" + o.Type, "dest=" + o.Path}, o.Attrs...)
	for i, f := range fields {
		if strings.ContainsAny(f, ",\"") {
			fields[i] = `"` + strings.ReplaceAll(f, `"`, `""`) + `"`
		}
	}
	return strings.Join(fields, ",")
}

func tagFlags(tags []string) []string { return each("--tag", tags) }

func each(flag string, values []string) []string {
	var out []string
	for v := range slices.Values(values) {
		out = append(out, flag, v)
	}
	return out
}
