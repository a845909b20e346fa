package buildflags

import (
	"errors"
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
	flags.StringArrayVarP(&f.outputs, "output", "o", nil, "Fetch the result to `SPEC`: DIR, - for stdout, or type=tar|oci|docker|local,dest=PATH")
	flags.StringVar(&f.outputLimit, "output-limit", "64Gi", "`SIZE` in bytes that --output may have here")
	flags.StringVar(&f.iidFile, "iidfile", "", "`FILE` to write the image ID to")
	flags.StringVar(&f.digestFile, "digest-file", "", "`FILE` to write the image's digest to")
	flags.StringVar(&f.metadataFile, "metadata-file", "", "`FILE` to write the result to as JSON, with buildx's keys")
}

func completeResult() complete.Table {
	return complete.Table{
		"output": complete.Prefixes("type=tar,dest=", "type=oci,dest=", "type=docker,dest=", "type=local,dest="), "output-limit": complete.Nothing,
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
	if err := f.readOutput(plan); err != nil {
		return err
	}
	// An output replaces the push, as in buildx, unless both are asked for.
	plan.Build.Push = f.push && (plan.Output == nil || f.given("push"))
	if plan.Build.Push && len(plan.Tags) == 0 {
		return cli.Usagef("nothing to push to: no --tag").WithHint("-t REGISTRY/NAME:TAG, or --push=false, or --output")
	}
	return checkFiles(f.input, plan)
}

func (f *resultFlags) readOutput(plan *build.Plan) error {
	able := build.Abilities()
	switch {
	case len(f.outputs) == 0:
		return nil
	case len(f.outputs) > 1 && !able.ManyOutputs:
		return cli.Usagef("%s is given %d times: %s writes one output per build", f.source("output"), len(f.outputs), able.Name)
	}
	value := f.outputs[0]
	out, attrs, err := parseOutput(value)
	if err == nil {
		err = checkDestination(f.input, out)
	}
	if err != nil {
		return f.invalid("output", value, err)
	}
	plan.Output = out
	plan.Build.Output = engineOutput(out, f.withName(attrs, plan))
	return f.readLimit(out)
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
