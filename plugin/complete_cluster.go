package plugin

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	corev1client "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/rest"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubectl-img/kubectl-img/internal/builder"
	"github.com/kubectl-img/kubectl-img/internal/panics"
	"github.com/kubectl-img/kubectl-img/podspec"
)

const (
	// completionLimit is how long a shell waits for a cluster.
	completionLimit = 3 * time.Second
	// namesOnly has the API server leave out everything but the metadata: what is in a Secret stays there.
	namesOnly = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"
	anyNumber = -1
)

// ask returns what the cluster says before the shell loses patience; a credential plugin may not heed the context.
func (c completer) ask(cmd *cobra.Command, question func(context.Context, rest.Interface, string) ([]string, error)) []string {
	ctx, cancel := context.WithTimeoutCause(cmd.Context(), completionLimit, errTimedOut)
	defer cancel()
	answer := make(chan []string, 1)
	go func() {
		_ = panics.Do(func() error {
			client, namespace, err := c.connect(cmd)
			var found []string
			if err == nil {
				found, err = question(ctx, client, namespace)
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

// connect heeds the variables that the verb does.
func (c completer) connect(cmd *cobra.Command) (rest.Interface, string, error) {
	if slices.Contains([]string{"build", "setup", "doctor", "version"}, cmd.Name()) {
		if _, _, err := applyEnvironment(cmd.InheritedFlags(), c.env); err != nil {
			return nil, "", err
		}
	}
	namespace, _, err := c.config.ToRawKubeConfigLoader().Namespace()
	if err != nil {
		return nil, "", err
	}
	config, err := c.config.ToRESTConfig()
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

// objects completes the names of what the namespace has.
func (c completer) objects(resource, fields string) cobra.CompletionFunc {
	return func(cmd *cobra.Command, _ []string, prefix string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return startingWith(prefix, c.ask(cmd, func(ctx context.Context, client rest.Interface, namespace string) ([]string, error) {
			options := map[string]string{}
			if fields != "" {
				options["fieldSelector"] = fields
			}
			items, err := metadata(ctx, client, namespace, resource, options)
			return names(items), err
		}))
	}
}

func names(items []metav1.PartialObjectMetadata) []string {
	var all []string
	for _, item := range items {
		all = append(all, item.Name)
	}
	return all
}

// namespaces are the cluster's, or those of the kubeconfig for a user who may not list them.
func (c completer) namespaces(cmd *cobra.Command, _ []string, prefix string) ([]cobra.Completion, cobra.ShellCompDirective) {
	found := c.ask(cmd, func(ctx context.Context, client rest.Interface, _ string) ([]string, error) {
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
	return startingWith(prefix, found)
}

// nodeLabels are all labels of all nodes, as KEY=VALUE.
func (c completer) nodeLabels(cmd *cobra.Command, _ []string, prefix string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return startingWith(prefix, c.ask(cmd, func(ctx context.Context, client rest.Interface, _ string) ([]string, error) {
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

// builds completes the names of builds, of so many on a line at most, and says what each is at.
func (c completer) builds(most int, running bool) cobra.CompletionFunc {
	return func(cmd *cobra.Command, typed []string, prefix string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(typed) == most {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return startingWith(prefix, c.ask(cmd, func(ctx context.Context, client rest.Interface, namespace string) ([]string, error) {
			pods, err := corev1client.New(client).Pods(namespace).List(ctx, metav1.ListOptions{LabelSelector: ours(), Limit: 500})
			if err != nil {
				return nil, err
			}
			var found []string
			for i := range pods.Items {
				pod := &pods.Items[i]
				if slices.Contains(typed, pod.Name) || running && builder.End(pod, podspec.Container) != nil {
					continue
				}
				what := strings.TrimSpace(status(pod, "") + " " + pod.Annotations[podspec.AnnotationTags])
				found = append(found, cobra.CompletionWithDesc(pod.Name, what))
			}
			return found, nil
		}))
	}
}

func (c completer) contexts(_ *cobra.Command, _ []string, prefix string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return startingWith(prefix, slices.Sorted(maps.Keys(c.kubeconfig().Contexts)))
}

func (c completer) clusters(_ *cobra.Command, _ []string, prefix string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return startingWith(prefix, slices.Sorted(maps.Keys(c.kubeconfig().Clusters)))
}

func (c completer) users(_ *cobra.Command, _ []string, prefix string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return startingWith(prefix, slices.Sorted(maps.Keys(c.kubeconfig().AuthInfos)))
}

// kubeconfig is empty where it can't be read.
func (c completer) kubeconfig() clientcmdapi.Config {
	config, err := c.config.ToRawKubeConfigLoader().RawConfig()
	if err != nil {
		return clientcmdapi.Config{}
	}
	return config
}
