package buildflags

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/kubectl-img/kubectl-img/internal/build"
	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/internal/complete"
	"github.com/kubectl-img/kubectl-img/internal/engine"
	"github.com/kubectl-img/kubectl-img/internal/session"
)

// resultFlags say where the result goes: to a registry, to the client, or nowhere.
type resultFlags struct {
	*input

	push         bool
	outputs      []string
	outputLimit  string
	iidFile      string
	digestFile   string
	metadataFile string
}

func (f *resultFlags) add(flags *pflag.FlagSet) {
	flags.BoolVar(&f.push, "push", true, "Push every tag; with --output only if given")
	flags.StringArrayVarP(&f.outputs, "output", "o", nil, "`SPEC` of the result: DIR, - for stdout, or type=TYPE[,KEY=VALUE] (repeatable)")
	flags.StringVar(&f.outputLimit, "output-limit", "64Gi", "`SIZE` in bytes that --output may have here")
	flags.StringVar(&f.iidFile, "iidfile", "", "`FILE` to write the image ID to")
	flags.StringVar(&f.digestFile, "digest-file", "", "`FILE` to write the image's digest to")
	flags.StringVar(&f.metadataFile, "metadata-file", "", "`FILE` to write the result to as JSON, with buildx's keys")
}

func completeResult() complete.Table {
	return complete.Table{
		"output": complete.Prefixes("type=tar,dest=", "type=oci,dest=", "type=docker,dest=", "type=local,dest=", "type=registry,compression="), "output-limit": complete.Nothing,
		"iidfile": complete.Files, "digest-file": complete.Files, "metadata-file": complete.Files,
	}
}

// unsupportedResult lists docker's flags about the result.
func unsupportedResult(engine string) []unsupportedFlag {
	return []unsupportedFlag{
		{"invoke", "", "starts a shell after a build, which " + engine + " can't", "--keep, then kubectl exec"},
		{"load", "", "loads into a docker daemon, and there is none", "-o type=docker,dest=- | docker load"},
	}
}

// read reads what becomes of the result.
func (f *resultFlags) read(plan *build.Plan) error {
	plan.IIDFile, plan.DigestFile, plan.MetadataFile = f.iidFile, f.digestFile, f.metadataFile
	pushes, err := f.readOutputs(plan)
	if err != nil {
		return err
	}
	if pushes && !f.push {
		return cli.Usagef("%s and %s contradict each other: one of them pushes", f.source("output"), f.source("push")).WithHint("leave one out")
	}
	// An output replaces the push, as in buildx, unless both are asked for.
	plan.Build.Push = pushes || f.push && (plan.Output == nil || f.given("push"))
	if plan.Build.Push && len(plan.Tags) == 0 {
		return cli.Usagef("nothing to push to: no --tag").WithHint("-t REGISTRY/NAME:TAG, or --push=false, or --output")
	}
	return checkFiles(f.input, plan)
}

// readOutputs reads what is fetched, and how the image is pushed. It reports whether an output pushes.
func (f *resultFlags) readOutputs(plan *build.Plan) (pushes bool, err error) {
	able := build.Abilities()
	for _, value := range f.outputs {
		out, attrs, err := parseOutput(value)
		if err == nil && !isImage(out) {
			err = checkDestination(f.input, out)
		}
		switch {
		case err != nil:
			return false, f.invalid("output", value, err)
		case isImage(out) && !pushes:
			pushes = true
			if plan.Build.Image, err = f.readNames(plan, withoutPush(attrs)); err != nil {
				return false, f.invalid("output", value, err)
			}
		case isImage(out):
			return false, cli.Usagef("%s asks for two images: %s pushes one image per build", f.source("output"), able.Name).WithHint("another --tag pushes it to another place")
		case plan.Output != nil && !able.ManyOutputs:
			return false, cli.Usagef("%s asks for two results here: %s writes one output per build", f.source("output"), able.Name)
		default:
			plan.Output = out
			plan.Build.Output = engineOutput(out, attrs)
		}
	}
	if plan.Output == nil {
		return pushes, nil
	}
	plan.Build.Output.Attrs = f.withName(plan.Build.Output.Attrs, plan)
	return pushes, f.readLimit(plan.Output)
}

// readNames takes the names of a pushed image for tags, and returns its other attributes.
func (f *resultFlags) readNames(plan *build.Plan, attrs []string) (rest []string, err error) {
	for _, attr := range attrs {
		names, found := strings.CutPrefix(attr, "name=")
		switch {
		case !found:
			rest = append(rest, attr)
			continue
		case len(plan.Tags) > 0:
			return nil, errors.New("name and --tag both name the image: want one of them")
		}
		tag, err := build.ParseTag(names)
		if err != nil {
			return nil, fmt.Errorf("name: %w", err)
		}
		plan.Tags, plan.Build.Tags = append(plan.Tags, tag), append(plan.Build.Tags, tag.Reference)
	}
	return rest, nil
}

func (f *resultFlags) readLimit(out *build.Destination) error {
	limit, err := resource.ParseQuantity(f.outputLimit)
	if err == nil && limit.Sign() <= 0 {
		err = errors.New("want more than 0")
	}
	if err != nil {
		return f.invalid("output-limit", f.outputLimit, err)
	}
	out.Limit = limit.Value()
	return nil
}

// withName gives an image archive the first tag as its name, if it has none.
func (f *resultFlags) withName(attrs []string, plan *build.Plan) []string {
	isImage := plan.Output.Type == build.OutputOCI || plan.Output.Type == build.OutputDocker
	hasName := slices.ContainsFunc(attrs, func(a string) bool { return strings.HasPrefix(a, "name=") })
	if !isImage || hasName || len(plan.Build.Tags) == 0 {
		return attrs
	}
	if able := build.Abilities(); len(plan.Build.Tags) > 1 && !able.ManyNames {
		f.warnings = append(f.warnings, "only the first tag goes into the archive: "+able.Name+" writes one name")
	}
	return append(attrs, "name="+plan.Build.Tags[0])
}

// engineOutput returns the engine's part of an output.
func engineOutput(out *build.Destination, attrs []string) *engine.Output {
	format := out.Type
	if format == build.OutputLocal {
		format = build.OutputTar // one file can be verified; the client unpacks it
	}
	return &engine.Output{Type: format, Attrs: attrs, Path: session.OutputPath}
}
