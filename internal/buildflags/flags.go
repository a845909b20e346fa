// Package buildflags turns the flags of build, and the environment, into a build.Plan, or into one clear error. There is a file per group of flags. It holds
// the flags, what completes them, the check of their values, and docker's flags of the same group that are not supported.
package buildflags

import (
	"slices"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"

	"github.com/kubectl-img/kubectl-img/internal/build"
	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/internal/complete"
)

// Flags holds what the user typed, unread. Plan makes sense of it.
type Flags struct {
	*input
	image   imageFlags
	steps   stepFlags
	secrets secretFlags
	result  resultFlags
	auth    authFlags
	pod     podFlags
	nodes   nodeFlags
	profile profileFlags
	front   frontendFlags
	run     runFlags
}

// New returns flags without values.
func New(proc cli.Process, config *genericclioptions.ConfigFlags) *Flags {
	in := &input{proc: proc, config: config}
	return &Flags{
		input: in, image: imageFlags{input: in}, steps: stepFlags{input: in}, secrets: secretFlags{input: in}, result: resultFlags{input: in}, auth: authFlags{input: in}, pod: podFlags{input: in},
		nodes: nodeFlags{input: in}, profile: profileFlags{input: in}, front: frontendFlags{input: in}, run: runFlags{input: in},
	}
}

// Add adds the flags to a command, in the order of the help.
func (f *Flags) Add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.SortFlags = false
	f.image.add(flags)
	f.steps.add(flags)
	f.secrets.add(flags)
	f.result.add(flags)
	f.auth.add(flags)
	f.pod.add(flags, f.proc.BuilderImage)
	f.nodes.add(flags)
	f.profile.add(flags)
	f.front.add(flags)
	f.run.add(flags)
	addUnsupported(flags, unsupportedFlags())
	cluster := complete.Cluster{Env: f.proc.Env, Kubeconfig: f.config}
	for _, completions := range []complete.Table{
		completeImage(), completeSteps(), completeSecrets(), completeResult(), completeAuth(cluster), completePod(cluster), completeNodes(cluster), completeProfile(), completeFrontends(), completeRun(),
	} {
		completions.Register(cmd)
	}
}

// unsupportedFlags lists every flag of docker's builders, past and present, that build does not have.
func unsupportedFlags() []unsupportedFlag {
	engine := build.Abilities().Name
	return slices.Concat(unsupportedImage(engine), unsupportedResult(engine), unsupportedAuth(), unsupportedPod(), unsupportedRun())
}
