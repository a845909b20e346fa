package plugin

import (
	"context"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"

	"github.com/kubectl-img/kubectl-img/internal/build"
	"github.com/kubectl-img/kubectl-img/internal/builds"
	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/internal/complete"
	"github.com/kubectl-img/kubectl-img/internal/localfile"
	"github.com/kubectl-img/kubectl-img/internal/progress"
	"github.com/kubectl-img/kubectl-img/podspec"
)

const attachExample = `  # Start a build, and wait for it later
  name=$(kubectl img build --detach -n ci -t registry.example.com/team/app:1 .)
  kubectl img attach -n ci $name`

// attachFlags holds what the user typed.
type attachFlags struct {
	keep                              bool
	quiet, verbose                    bool
	iidFile, digestFile, metadataFile string
}

func newAttachCommand(p cli.Process, config *genericclioptions.ConfigFlags) *cobra.Command {
	o := &attachFlags{}
	cmd := &cobra.Command{
		Use:               "attach [flags] NAME",
		Short:             "Follow a build to its end and take its result",
		Long:              "Follow a build to its end and take its result: the log from its beginning, the digest on stdout, the exit code.\nThe pod of a detached build is deleted then. An interrupt leaves the build running.",
		Example:           attachExample,
		Args:              oneName,
		ValidArgsFunction: buildNames(p, config, 1, false),
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.run(cmd.Context(), p, config, args[0])
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&o.iidFile, "iidfile", "", "`FILE` to write the image ID to")
	flags.StringVar(&o.digestFile, "digest-file", "", "`FILE` to write the image's digest to")
	flags.StringVar(&o.metadataFile, "metadata-file", "", "`FILE` to write the result to as JSON, with buildx's keys")
	flags.BoolVar(&o.keep, "keep", false, "Do not delete the pod")
	flags.BoolVarP(&o.quiet, "quiet", "q", false, "Show nothing but errors and the digest")
	flags.BoolVarP(&o.verbose, "verbose", "v", false, "Show what is done, on stderr")
	complete.Table{"iidfile": complete.Files, "digest-file": complete.Files, "metadata-file": complete.Files}.Register(cmd)
	return cmd
}

func (o *attachFlags) run(ctx context.Context, p cli.Process, config genericclioptions.RESTClientGetter, name string) error {
	mode := progress.Plain
	if o.quiet {
		mode = progress.Quiet
	}
	if err := o.checkFiles(); err != nil {
		return err
	}
	c, namespace, err := connect(p, config)
	if err != nil {
		return err
	}
	c.Log = progress.NewLogger(mode, o.verbose, p.Streams.ErrOut)
	pod, err := builds.Find(ctx, c, namespace, name)
	if err != nil {
		return err
	}
	plan := builds.Adopt(pod)
	plan.Progress, plan.IIDFile, plan.DigestFile, plan.MetadataFile = mode, o.iidFile, o.digestFile, o.metadataFile
	// The client that started a build which is not detached deletes its pod.
	plan.Keep = o.keep || pod.Annotations[podspec.AnnotationDetached] == ""
	return build.Attach(ctx, plan, p, c)
}

// checkFiles checks the files that are written at the end.
func (o *attachFlags) checkFiles() error {
	all := []struct{ flag, path string }{{"--iidfile", o.iidFile}, {"--digest-file", o.digestFile}, {"--metadata-file", o.metadataFile}}
	for i, file := range all {
		if file.path == "" {
			continue
		}
		if err := localfile.Check(file.path); err != nil {
			return cli.InvalidValue(file.flag, file.path, err)
		}
		for _, other := range all[:i] {
			if other.path != "" && localfile.Same(file.path, other.path) {
				return cli.Usagef("%s and %s name the same file", other.flag, file.flag).WithHint("give one of them another file")
			}
		}
	}
	return nil
}
