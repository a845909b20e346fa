package plugin

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/internal/cluster"
	"github.com/kubectl-img/kubectl-img/internal/complete"
	"github.com/kubectl-img/kubectl-img/internal/doctor"
	"github.com/kubectl-img/kubectl-img/podspec"
)

const doctorLong = `Find out why images can't be built here: rights, admission, quotas and nodes, one line each, with what mends it.

Nothing is created: the API server checks the pod of each profile without storing it. What only a pod can tell, whether the node has the
builder image and the seccomp profile and whether the registry can be reached, takes --probe.

The exit code is 5 if no profile can work.`

const doctorExample = `  # What the API server can tell
  kubectl img doctor -n ci

  # Build an empty image with each profile, and push it
  kubectl img doctor -n ci --probe -t registry.example.com/team/probe`

// sharedFlags returns the flags of build that decide about the pod and the registries.
func sharedFlags() []string {
	return []string{
		"auth", "registry-ca", "image", "seccomp-profile", "apparmor-profile", "service-account", "node-selector", "toleration", "request", "limit",
		"image-pull-secret", "pod-template",
	}
}

// doctorFlags holds what the user typed.
type doctorFlags struct {
	probe  bool
	tag    string
	output string
	build  *pflag.FlagSet // the flags of build that doctor shares
	config *genericclioptions.ConfigFlags
	global *pflag.FlagSet // kubectl's
}

func newDoctorCommand(p cli.Process, config *genericclioptions.ConfigFlags) *cobra.Command {
	o := &doctorFlags{config: config, build: pflag.NewFlagSet("", pflag.ContinueOnError)}
	o.build.SortFlags = false
	cmd := &cobra.Command{
		Use: "doctor [flags]", Short: "Say why images can't be built here, and what mends it", Long: doctorLong, Example: doctorExample, Args: noArguments,
		Annotations: complete.ReadsEnvironment(), ValidArgsFunction: complete.Nothing,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.global = cmd.InheritedFlags()
			// Only these flags: KUBECTL_IMG_OUTPUT is about the output of a build.
			for _, flags := range []*pflag.FlagSet{o.build, o.global} {
				if _, _, err := p.Env.Apply(flags); err != nil {
					return err
				}
			}
			if o.output != "" && o.output != outputJSON {
				return cli.InvalidValue("--output", o.output, errors.New("want json")).WithHint(cmd.CommandPath() + " --help")
			}
			if o.tag != "" && !o.probe {
				return cli.Usagef("--tag has no effect without --probe").WithHint("--probe --tag " + o.tag)
			}
			return o.run(cmd.Context(), p)
		},
	}
	build := newBuildCommand(p, config).Flags()
	for _, name := range sharedFlags() {
		o.build.AddFlag(build.Lookup(name))
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.BoolVar(&o.probe, "probe", false, "Build an empty image in a pod of each profile")
	// This is not build's flag: KUBECTL_IMG_TAG would make the probe overwrite somebody's image.
	flags.StringVarP(&o.tag, "tag", "t", "", "With --probe: `REFERENCE` to push the empty image to, over what is there")
	flags.StringVarP(&o.output, "output", "o", "", "`FORMAT` for programs: json")
	flags.AddFlagSet(o.build)
	complete.Table{"tag": complete.Nothing, "output": complete.Words(outputJSON)}.Register(cmd)
	usedMost(cmd, "probe", "tag", "output", "auth", "image", "service-account")
	return cmd
}

// run examines, probes if asked to, and prints. It fails if no profile can work.
func (o *doctorFlags) run(ctx context.Context, p cli.Process) error {
	self := buildRunner{proc: p, flags: append(arguments(o.build), arguments(o.global)...), tag: o.tag}
	exam, err := o.exam(ctx, self)
	if err != nil {
		return err
	}
	report, err := exam.Run(ctx)
	if err != nil {
		return err
	}
	var rejected error
	if o.probe {
		if rejected, err = self.probe(ctx, report); err != nil {
			return err
		}
	} else {
		report.Add("image, profile, registry", doctor.Unknown, "kubectl img doctor -n "+exam.Namespace+" --probe",
			"only a pod can tell whether its node has the builder image and the seccomp profile, and reaches the registry")
	}
	if err := printReport(report, o.output, p.Streams.Out); err != nil {
		return err
	}
	if err := noProfile(report); err != nil {
		return err
	}
	return rejected
}

func (o *doctorFlags) exam(ctx context.Context, self buildRunner) (*doctor.Exam, error) {
	config, err := o.config.ToRESTConfig()
	if err != nil {
		return nil, fmt.Errorf("read kubeconfig: %w", err)
	}
	clock := &cluster.Clock{}
	config = rest.CopyConfig(config)
	config.Wrap(clock.Watch)
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("read kubeconfig: %w", err)
	}
	exam := &doctor.Exam{Client: client, ServerTime: clock.Known}
	exam.Kubelet = func(ctx context.Context, node, path string) ([]byte, error) {
		return client.CoreV1().RESTClient().Get().Resource("nodes").Name(node).SubResource("proxy", path).DoRaw(ctx)
	}
	for _, profile := range podspec.Profiles() {
		pod, err := self.pod(ctx, profile)
		if err != nil {
			return nil, err
		}
		exam.Namespace, exam.DefaultRequests = pod.Namespace, podspec.DefaultRequests(pod, nil)[podspec.StepsIn(pod)]
		exam.Candidates = append(exam.Candidates, doctor.ProfilePod{Profile: string(profile), Pod: pod})
	}
	return exam, nil
}
