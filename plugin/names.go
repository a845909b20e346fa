package plugin

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	corev1client "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/rest"

	"github.com/kubectl-img/kubectl-img/internal/builder"
	"github.com/kubectl-img/kubectl-img/internal/builds"
	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/internal/cluster"
	"github.com/kubectl-img/kubectl-img/internal/complete"
	"github.com/kubectl-img/kubectl-img/internal/progress"
	"github.com/kubectl-img/kubectl-img/podspec"
)

// oneName checks the arguments of a verb that takes the name of one build.
func oneName(cmd *cobra.Command, args []string) error {
	if len(args) != 1 {
		return cli.Usagef("want the name of one build, got %d", len(args)).WithHint("kubectl img ls lists them; " + cmd.CommandPath() + " --help")
	}
	return nil
}

// someNames checks the arguments of a verb that takes the names of builds.
func someNames(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return cli.Usagef("want the name of a build").WithHint("kubectl img ls lists them; " + cmd.CommandPath() + " --help")
	}
	return nil
}

// connect connects to the cluster, with a logger of warnings, and returns the namespace that kubectl would use.
func connect(p cli.Process, config genericclioptions.RESTClientGetter) (*cluster.Connection, string, error) {
	namespace, _, err := config.ToRawKubeConfigLoader().Namespace()
	if err != nil {
		return nil, "", err
	}
	c, err := cluster.Connect(config, progress.NewLogger(progress.Auto, false, p.Streams.ErrOut))
	return c, namespace, err
}

// buildNames completes the names of builds: at most limit names in a command line, or any number for 0. It says what each build is doing.
func buildNames(p cli.Process, config genericclioptions.RESTClientGetter, limit int, runningOnly bool) cobra.CompletionFunc {
	return func(cmd *cobra.Command, typed []string, prefix string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if limit > 0 && len(typed) == limit {
			return complete.Nothing(cmd, typed, prefix)
		}
		return complete.Matching(prefix, complete.Cluster{Env: p.Env, Kubeconfig: config}.Ask(cmd, func(ctx context.Context, client rest.Interface, namespace string) ([]string, error) {
			pods, err := corev1client.New(client).Pods(namespace).List(ctx, metav1.ListOptions{LabelSelector: podspec.Selector(), Limit: 500})
			if err != nil {
				return nil, err
			}
			pods.Items = slices.DeleteFunc(pods.Items, func(pod corev1.Pod) bool {
				return slices.Contains(typed, pod.Name) || runningOnly && builder.End(&pod, podspec.Container) != nil
			})
			return describe(pods.Items), nil
		}))
	}
}

func describe(pods []corev1.Pod) []cobra.Completion {
	var words []cobra.Completion
	for i := range pods {
		what := strings.TrimSpace(builds.Status(&pods[i], "") + " " + strings.Join(builds.Tags(&pods[i]), ","))
		words = append(words, cobra.CompletionWithDesc(pods[i].Name, what))
	}
	return words
}
