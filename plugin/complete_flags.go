package plugin

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/kubectl-img/kubectl-img/internal/registryauth"
)

// flagCompletions has what completes each flag, by its name, or by verb and name where verbs differ.
type flagCompletions map[string]cobra.CompletionFunc

// of is nothing for a flag that is not in the table; a test looks for such.
func (t flagCompletions) of(cmd *cobra.Command, f *pflag.Flag) cobra.CompletionFunc {
	if complete, ok := t.lookup(cmd, f); ok {
		return complete
	}
	return cobra.NoFileCompletions
}

func (t flagCompletions) lookup(cmd *cobra.Command, f *pflag.Flag) (cobra.CompletionFunc, bool) {
	if complete, ok := t[cmd.Name()+" "+f.Name]; ok {
		return complete, true
	}
	complete, ok := t[f.Name]
	return complete, ok
}

func (c completer) flags() flagCompletions {
	t := flagCompletions{
		"namespace": c.namespaces, "context": c.contexts, "cluster": c.clusters, "user": c.users,
		"output":      begun("type=tar,dest=", "type=oci,dest=", "type=docker,dest=", "type=local,dest="),
		"ls output":   fixed("wide", "json", "yaml", "name", "jsonpath=", "go-template="),
		"platform":    fixed(platforms()...),
		"progress":    fixed(string(ProgressAuto), string(ProgressPlain), string(ProgressSteps), string(ProgressQuiet)),
		"cache-to":    begun("type=registry,ref=", "type=inline"),
		"auth":        c.auth,
		"profile":     fixed(profileChoices(cobra.CompletionWithDesc(profileAuto, "the first of them that works"))...),
		"min-profile": fixed(profileChoices()...),
		"request":     listed(begun("cpu=", "memory=", "ephemeral-storage=")),
		"limit":       listed(begun("cpu=", "memory=", "ephemeral-storage=")),
		"dry-run":     fixed(dryRunYAML, dryRunJSON),

		"service-account":   c.objects("serviceaccounts", ""),
		"image-pull-secret": c.objects("secrets", "type=kubernetes.io/dockerconfigjson"),
		"cache-volume":      c.objects("persistentvolumeclaims", ""),
		"node-selector":     listed(c.nodeLabels),

		"setup profile":           fixed(profileChoices()...),
		"setup profiles":          fixed(byInstaller, byOperator),
		"setup user":              cobra.NoFileCompletions,
		"setup image-pull-secret": cobra.NoFileCompletions, // of a namespace that --profiles makes
		"doctor output":           fixed(outputJSON),
		"version output":          fixed(outputJSON, outputYAML),
	}
	file := func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return nil, cobra.ShellCompDirectiveDefault
	}
	directory := func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return nil, cobra.ShellCompDirectiveFilterDirs
	}
	for names, complete := range map[string]cobra.CompletionFunc{
		`file iidfile digest-file metadata-file registry-ca pod-template kubeconfig certificate-authority client-certificate client-key`: file,
		`cache-dir dir`: directory,
		`tag build-arg target label cache-from image name seccomp-profile apparmor-profile toleration pod-label pod-annotation insecure-registry
		timeout pod-timeout detach-grace template as as-group as-uid as-user-extra proxy-url request-timeout server tls-server-name token
		group serviceaccount kubelet-dir gke registry selector`: cobra.NoFileCompletions,
	} {
		for _, name := range strings.Fields(names) {
			t[name] = complete
		}
	}
	return t
}

// auth completes the name of a Secret, too.
func (c completer) auth(cmd *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	const secret = string(registryauth.Secret) + "="
	if prefix, ok := strings.CutPrefix(typed, secret); ok {
		found, directive := c.objects("secrets", "type=kubernetes.io/dockerconfigjson")(cmd, args, prefix)
		for i := range found {
			found[i] = secret + found[i]
		}
		return found, directive
	}
	var methods []cobra.Completion
	for _, m := range registryauth.Choices() {
		methods = append(methods, cobra.CompletionWithDesc(m.Value, m.Description))
	}
	found, directive := startingWith(typed, methods)
	if len(found) == 1 && strings.HasPrefix(found[0], secret) {
		directive |= cobra.ShellCompDirectiveNoSpace
	}
	return found, directive
}

func platforms() []cobra.Completion {
	var all []cobra.Completion
	for _, arch := range architectures() {
		all = append(all, "linux/"+arch)
	}
	return all
}
