package plugin

import (
	"context"
	"errors"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/cli-runtime/pkg/genericclioptions"

	"github.com/kubectl-img/kubectl-img/internal/builder"
	"github.com/kubectl-img/kubectl-img/internal/session"
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

func newAttachCommand(p process, config *genericclioptions.ConfigFlags) *cobra.Command {
	o := &attachFlags{}
	cmd := &cobra.Command{
		Use:     "attach [flags] NAME",
		Short:   "Follow a build to its end and take its result",
		Long:    "Follow a build to its end and take its result: the log from its beginning, the digest on stdout, the exit code.\nThe pod of a detached build is deleted then. An interrupt leaves the build running.",
		Example: attachExample,
		Args:    oneName,
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.run(cmd.Context(), p, config, args[0])
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&o.iidFile, "iidfile", "", "`FILE`: File to write the image ID to")
	flags.StringVar(&o.digestFile, "digest-file", "", "`FILE`: File to write the image's digest to")
	flags.StringVar(&o.metadataFile, "metadata-file", "", "`FILE`: File to write the result to as JSON, with buildx's keys")
	flags.BoolVar(&o.keep, "keep", false, "Do not delete the pod")
	flags.BoolVarP(&o.quiet, "quiet", "q", false, "Show nothing but errors and the digest")
	flags.BoolVarP(&o.verbose, "verbose", "v", false, "Say what is done, on stderr")
	return cmd
}

func (o *attachFlags) run(ctx context.Context, p process, config genericclioptions.RESTClientGetter, name string) error {
	mode := &Plan{Verbose: o.verbose, Progress: ProgressPlain}
	if o.quiet {
		mode.Progress = ProgressQuiet
	}
	c, pod, err := p.seek(ctx, config, name, mode)
	if err != nil {
		return err
	}
	plan := adopted(pod)
	plan.Progress, plan.IIDFile, plan.DigestFile, plan.MetadataFile = mode.Progress, o.iidFile, o.digestFile, o.metadataFile
	// Whoever started another build deletes its pod.
	plan.Keep = o.keep || pod.Annotations[podspec.AnnotationDetached] == ""
	b := &build{Plan: plan, connection: c, output: newBuildLog(plan, p.streams.ErrOut), login: &login{}, rung: rung{Rung: Rung{plan.Profile, pod}}}
	return b.explain(b.join(ctx, pod))
}

// seek connects and finds the builder pod of a name.
func (p process) seek(ctx context.Context, config genericclioptions.RESTClientGetter, name string, mode *Plan) (*connection, *corev1.Pod, error) {
	c, namespace, err := p.enter(config, mode)
	if err != nil {
		return nil, nil, err
	}
	pod, err := c.find(ctx, namespace, name)
	return c, pod, err
}

// join follows a build to its end.
func (b *build) join(ctx context.Context, pod *corev1.Pod) error {
	adopted := builder.Adopt(b.api, pod, podspec.Container)
	err := b.outcome(ctx, adopted)
	if interrupted := (Interrupted{}); errors.As(err, &interrupted) {
		b.log.Infof("left the build as it is; stop it with: kubectl img cancel -n %s %s", pod.Namespace, pod.Name)
		return err
	}
	if !b.Keep && isOver(err) {
		b.remove(ctx, adopted, err)
	}
	return err
}

// isOver says whether err is the build's own end, and not that of the way to it.
func isOver(err error) bool {
	var job *session.JobError
	var end *builder.Termination
	return err == nil || errors.As(err, &job) || errors.As(err, &end)
}

// outcome is the build's own, from its pod while that runs, and then from what it left behind.
func (b *build) outcome(ctx context.Context, pod *builder.Pod) error {
	if end := builder.End(b.Pod, podspec.Container); end != nil {
		err := b.copyLog(ctx, b.Pod, b.output)
		_ = b.output.Close()
		if err != nil {
			return err
		}
		return b.verdict(ctx, ending{pod: end}, nil)
	}
	if err := pod.AwaitStart(ctx, b.pending); err != nil {
		return err
	}
	return b.converse(ctx, pod, nil)
}
