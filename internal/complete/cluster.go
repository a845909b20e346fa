package complete

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	corev1client "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/rest"

	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/internal/explain"
	"github.com/kubectl-img/kubectl-img/internal/panics"
)

const (
	// clusterLimit is how long a shell waits for a cluster.
	clusterLimit = 3 * time.Second
	// namesOnly makes the API server send metadata alone: the content of a Secret stays there.
	namesOnly = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"

	environmentAnnotation = "kubectl-img.dev/environment"
)

// ReadsEnvironment returns the annotation of a verb that takes kubectl's flags from variables too, for its Annotations.
func ReadsEnvironment() map[string]string { return map[string]string{environmentAnnotation: "true"} }

// Cluster completes what the cluster and the kubeconfig have.
type Cluster struct {
	Env        cli.Environment
	Kubeconfig genericclioptions.RESTClientGetter
}

// question asks a cluster for completions.
type question func(ctx context.Context, client rest.Interface, namespace string) ([]string, error)

// Ask returns the cluster's answer, or nothing after the time limit. A credential plugin may ignore the context.
func (c Cluster) Ask(cmd *cobra.Command, ask question) []string {
	ctx, cancel := context.WithTimeoutCause(cmd.Context(), clusterLimit, explain.ErrTimedOut)
	defer cancel()
	answer := make(chan []string, 1)
	go func() {
		_ = panics.Do(func() error {
			client, namespace, err := c.connect(cmd)
			var found []string
			if err == nil {
				found, err = ask(ctx, client, namespace)
			}
			answer <- found
			return err
		})
	}()
	select {
	case found := <-answer:
		return found
	case <-ctx.Done():
		return nil
	}
}

func (c Cluster) connect(cmd *cobra.Command) (rest.Interface, string, error) {
	if cmd.Annotations[environmentAnnotation] != "" {
		if _, _, err := c.Env.Apply(cmd.InheritedFlags()); err != nil {
			return nil, "", err
		}
	}
	namespace, _, err := c.Kubeconfig.ToRawKubeConfigLoader().Namespace()
	if err != nil {
		return nil, "", err
	}
	config, err := c.Kubeconfig.ToRESTConfig()
	if err != nil {
		return nil, "", err
	}
	if config.ExecProvider != nil {
		config.ExecProvider.StdinUnavailable = true // it is the shell's
	}
	client, err := corev1client.NewForConfig(config)
	if err != nil {
		return nil, "", err
	}
	return client.RESTClient(), namespace, nil
}

// metadata lists objects of a namespace, or of the cluster for an empty one.
func metadata(ctx context.Context, client rest.Interface, namespace, resource string, options map[string]string) ([]metav1.PartialObjectMetadata, error) {
	request := client.Get().NamespaceIfScoped(namespace, namespace != "").Resource(resource).SetHeader("Accept", namesOnly).Param("limit", "500")
	for key, value := range options {
		request = request.Param(key, value)
	}
	answer, err := request.Do(ctx).Raw()
	if err != nil {
		return nil, err
	}
	var list metav1.PartialObjectMetadataList
	err = json.Unmarshal(answer, &list)
	return list.Items, err
}

// Objects completes the names of a kind of object in the namespace. Fields is a field selector, or empty.
func (c Cluster) Objects(resource, fields string) cobra.CompletionFunc {
	return func(cmd *cobra.Command, _ []string, prefix string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return Matching(prefix, c.Ask(cmd, func(ctx context.Context, client rest.Interface, namespace string) ([]string, error) {
			options := map[string]string{}
			if fields != "" {
				options["fieldSelector"] = fields
			}
			items, err := metadata(ctx, client, namespace, resource, options)
			return names(items), err
		}))
	}
}

// RegistrySecrets completes the names of Secrets that hold a registry login.
func (c Cluster) RegistrySecrets() cobra.CompletionFunc {
	return c.Objects("secrets", "type=kubernetes.io/dockerconfigjson")
}

func names(items []metav1.PartialObjectMetadata) []string {
	var all []string
	for _, item := range items {
		all = append(all, item.Name)
	}
	return all
}

// NodeLabels completes all labels of all nodes, as KEY=VALUE.
func (c Cluster) NodeLabels(cmd *cobra.Command, _ []string, prefix string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return Matching(prefix, c.Ask(cmd, func(ctx context.Context, client rest.Interface, _ string) ([]string, error) {
		nodes, err := metadata(ctx, client, "", "nodes", nil)
		pairs := map[string]bool{}
		for _, node := range nodes {
			for key, value := range node.Labels {
				pairs[key+"="+value] = true
			}
		}
		return slices.Sorted(maps.Keys(pairs)), err
	}))
}
