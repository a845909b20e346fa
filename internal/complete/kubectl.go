package complete

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/client-go/rest"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// KubectlFlags completes the flags that every verb takes from kubectl.
func (c Cluster) KubectlFlags() Table {
	flags := Table{
		"namespace": c.namespaces, "context": c.contexts, "cluster": c.clusters, "user": c.users,
		"kubeconfig": Files, "certificate-authority": Files, "client-certificate": Files, "client-key": Files, "cache-dir": Directories,
	}
	for name := range strings.FieldsSeq("as as-group as-uid as-user-extra proxy-url request-timeout server tls-server-name token") {
		flags[name] = Nothing
	}
	return flags
}

// namespaces are those of the cluster, or those of the kubeconfig for a user who may not list them.
func (c Cluster) namespaces(cmd *cobra.Command, _ []string, prefix string) ([]cobra.Completion, cobra.ShellCompDirective) {
	found := c.Ask(cmd, func(ctx context.Context, client rest.Interface, _ string) ([]string, error) {
		items, err := metadata(ctx, client, "", "namespaces", nil)
		return names(items), err
	})
	if len(found) == 0 {
		for _, context := range c.kubeconfig().Contexts {
			if context.Namespace != "" && !slices.Contains(found, context.Namespace) {
				found = append(found, context.Namespace)
			}
		}
		slices.Sort(found)
	}
	return Matching(prefix, found)
}

func (c Cluster) contexts(_ *cobra.Command, _ []string, prefix string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return Matching(prefix, slices.Sorted(maps.Keys(c.kubeconfig().Contexts)))
}

func (c Cluster) clusters(_ *cobra.Command, _ []string, prefix string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return Matching(prefix, slices.Sorted(maps.Keys(c.kubeconfig().Clusters)))
}

func (c Cluster) users(_ *cobra.Command, _ []string, prefix string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return Matching(prefix, slices.Sorted(maps.Keys(c.kubeconfig().AuthInfos)))
}

// kubeconfig is empty where it can't be read.
func (c Cluster) kubeconfig() clientcmdapi.Config {
	config, err := c.Kubeconfig.ToRawKubeConfigLoader().RawConfig()
	if err != nil {
		return clientcmdapi.Config{}
	}
	return config
}
