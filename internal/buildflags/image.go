package buildflags

import (
	"errors"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/kubectl-img/kubectl-img/internal/build"
	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/internal/complete"
	"github.com/kubectl-img/kubectl-img/internal/session"
)

// imageFlags say what is built.
type imageFlags struct {
	*input

	path      string // the build context, as the user named it
	tags      []string
	file      string
	contexts  []string
	buildArgs []string
	target    string
	labels    []string
	notes     []string
	platforms []string
	noCache   bool
	cacheFrom []string
	cacheTo   []string
}

func (f *imageFlags) add(flags *pflag.FlagSet) {
	flags.StringArrayVarP(&f.tags, "tag", "t", nil, "`NAME[:TAG]` to push the image to (repeatable)")
	flags.StringVarP(&f.file, "file", "f", "", "Dockerfile `FILE`, or - (default PATH/Dockerfile)")
	flags.StringArrayVar(&f.contexts, "build-context", nil, "`NAME=PATH` of a further context, or NAME=URL, =docker-image://REF, =oci-layout://PATH[:TAG] (repeatable)")
	flags.StringArrayVar(&f.buildArgs, "build-arg", nil, "`KEY=VALUE`, or KEY to take the value from the environment (repeatable)")
	flags.StringVar(&f.target, "target", "", "`STAGE` of the Dockerfile to build")
	flags.StringArrayVar(&f.labels, "label", nil, "`KEY=VALUE` for the image's configuration (repeatable)")
	flags.StringArrayVar(&f.notes, "annotation", nil, "`KEY=VALUE` for the image's manifest (repeatable)")
	flags.StringArrayVar(&f.platforms, "platform", nil, "`PLATFORM` or several to build for: OS/ARCH[/VARIANT] (default the node's)")
	flags.BoolVar(&f.noCache, "no-cache", false, "Run every step again")
	flags.StringArrayVar(&f.cacheFrom, "cache-from", nil, "Import a cache from `REF`, or type=registry,ref=REF (repeatable)")
	flags.StringArrayVar(&f.cacheTo, "cache-to", nil, "Export the cache to `REF`, type=registry,ref=REF[,mode=max], or type=inline")
}

func completeImage() complete.Table {
	var platforms []cobra.Completion
	for _, arch := range build.Abilities().Architectures {
		platforms = append(platforms, "linux/"+arch)
	}
	return complete.Table{
		"tag": complete.Nothing, "file": complete.Files, "build-context": complete.Nothing, "build-arg": complete.Nothing, "target": complete.Nothing, "label": complete.Nothing, "annotation": complete.Nothing,
		"platform": complete.Words(platforms...), "cache-from": complete.Nothing, "cache-to": complete.Prefixes("type=registry,ref=", "type=inline"),
	}
}

// unsupportedImage lists docker's flags about what is built.
func unsupportedImage(engine string) []unsupportedFlag {
	const other = "is not supported yet"
	onlyBuilds := "asks about a build without building; " + engine + " only builds"
	const attestLater = "attach it to the pushed digest: cosign attest --predicate FILE REPO@DIGEST"
	return []unsupportedFlag{
		{"allow", "", "grants rights that an unprivileged pod does not have", "remove --security=insecure and --network=host from RUN"},
		{"attest", "", other, attestLater},
		{"call", "", onlyBuilds, "hadolint Dockerfile"},
		{"check", "", onlyBuilds, "hadolint Dockerfile"},
		{"compress", "", "is not needed: the upload decides for itself what to compress", "leave it out"},
		{"disable-content-trust", "", "switches off a check that " + engine + " does not make", "leave it out, and pin base images: FROM name@sha256:..."},
		{"isolation", "", "chooses between Windows isolations; builds run on Linux", "--profile userns"},
		{"policy", "", other, "pin base images: FROM name@sha256:..."},
		{"print", "", onlyBuilds, "hadolint Dockerfile"},
		{"provenance", "", other, attestLater},
		{"sbom", "", other, "make one of the pushed digest: syft REPO@DIGEST -o spdx-json >FILE; " + attestLater},
		{"squash", "", other, "end the Dockerfile with FROM scratch and COPY --from=STAGE / /"},
		{"stream", "", "is not needed: the context is always streamed", "leave it out"},
	}
}

// read reads the engine's part.
func (f *imageFlags) read(plan *build.Plan) error {
	b := &plan.Build
	b.Context, b.Dockerfile = session.ContextDir, session.DockerfilePath
	b.Target, b.NoCache = f.target, f.noCache
	var err error
	if b.BuildArgs, err = f.readBuildArgs(f.buildArgs, f.proc.Env); err != nil {
		return err
	}
	if b.Labels, err = f.readLabels(); err != nil {
		return err
	}
	if b.Annotations, err = f.readAnnotations(); err != nil {
		return err
	}
	able := build.Abilities()
	if b.CacheFrom, err = readCaches(f.input, "cache-from", f.cacheFrom, able.CacheFrom); err != nil {
		return err
	}
	if len(f.cacheTo) > 1 && !able.ManyCaches {
		return cli.Usagef("%s is given %d times: %s exports one cache per build", f.source("cache-to"), len(f.cacheTo), able.Name)
	}
	b.CacheTo, err = readCaches(f.input, "cache-to", f.cacheTo, able.CacheTo)
	return err
}

// readTags reads every --tag.
func (f *imageFlags) readTags(plan *build.Plan) error {
	for _, value := range f.tags {
		tag, err := build.ParseTag(value)
		if err != nil {
			return f.invalid("tag", value, err)
		}
		plan.Tags = append(plan.Tags, tag)
		plan.Build.Tags = append(plan.Build.Tags, tag.Reference)
	}
	return nil
}

// readAnnotations takes those of the manifest. buildx has more kinds, for an index.
func (f *imageFlags) readAnnotations() ([]string, error) {
	var pairs []string
	for _, value := range f.notes {
		pair := strings.TrimPrefix(value, "manifest:")
		key, _, ok := strings.Cut(pair, "=")
		switch kind, _, _ := strings.Cut(key, ":"); {
		case !ok || key == "":
			return nil, f.invalid("annotation", value, errors.New("want KEY=VALUE"))
		case slices.Contains([]string{"index", "index-descriptor", "manifest-descriptor"}, kind) || strings.HasPrefix(key, "manifest["):
			return nil, f.invalid("annotation", value, errors.New("the image has a manifest and no index: want KEY=VALUE or manifest:KEY=VALUE"))
		}
		pairs = append(pairs, pair)
	}
	return pairs, nil
}

// readLabels gives a label without a value the empty one, as docker does.
func (f *imageFlags) readLabels() ([]string, error) {
	var out []string
	for _, label := range f.labels {
		key, value, _ := strings.Cut(label, "=")
		if strings.TrimSpace(key) == "" {
			return nil, f.invalid("label", label, errors.New("empty key: want KEY=VALUE"))
		}
		out = append(out, key+"="+value)
	}
	return out, nil
}
