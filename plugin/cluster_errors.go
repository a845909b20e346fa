package plugin

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/tools/clientcmd"
	cmdutil "k8s.io/kubectl/pkg/cmd/util"

	"github.com/kubectl-img/kubectl-img/internal/podsecurity"
)

// lineOf is err's text with the part that came from the cluster in kubectl's words, which users know and search for.
func lineOf(err error) string {
	cause := clusterCause(err)
	if cause == nil {
		return err.Error()
	}
	text, ok := cmdutil.StandardErrorMessage(cause)
	if !ok {
		return err.Error()
	}
	return strings.Replace(err.Error(), cause.Error(), strings.TrimPrefix(text, errorPrefix), 1)
}

// clusterCause returns the API server's answer, or the failure to reach it, inside err.
func clusterCause(err error) error {
	var status *apierrors.StatusError
	if errors.As(err, &status) {
		return status
	}
	var transport *url.Error
	if errors.As(err, &transport) {
		return transport
	}
	return nil
}

// clusterHint is for errors that come from client-go and so can't carry a hint of ours.
func clusterHint(err error) string {
	var status *apierrors.StatusError
	var transport *url.Error
	switch {
	case errors.As(err, &status):
		return statusHint(status)
	case errors.As(err, &transport):
		return "choose a cluster with --context or KUBECONFIG; kubectl config get-contexts lists them"
	case clientcmd.IsEmptyConfig(err):
		return "export KUBECONFIG=FILE, or pass --kubeconfig FILE"
	case clientcmd.IsContextNotFound(err):
		return "kubectl config get-contexts"
	default:
		return ""
	}
}

func statusHint(err *apierrors.StatusError) string {
	details := err.ErrStatus.Details
	switch {
	case apierrors.IsUnauthorized(err):
		return "kubectl auth whoami"
	case apierrors.IsNotFound(err) && details != nil && details.Kind == "namespaces":
		return "kubectl create namespace " + details.Name
	case apierrors.IsForbidden(err):
		return forbiddenHint(err.ErrStatus.Message)
	default:
		return ""
	}
}

// forbiddenHint reads the message because the status has no field for the verb, the namespace or the violated level.
// Only the hint depends on it: an unknown wording costs the hint and nothing else.
func forbiddenHint(message string) string {
	if violated, ok := podsecurity.ViolatedLevel(message); ok {
		return podSecurityHint(violated.String())
	}
	for words, hint := range map[string]string{
		"exceeded quota: ":       "kubectl describe resourcequota shows what is left; --request and --limit say what the builder takes",
		"failed quota: ":         "--limit cpu=…,memory=… and --request, as the quota wants them",
		" usage per Container ":  "kubectl describe limitrange shows the range; --request and --limit say what the builder takes",
		" usage per Pod ":        "kubectl describe limitrange shows the range; --request and --limit say what the builder takes",
		"limit to request ratio": "kubectl describe limitrange shows the ratio; --request and --limit say what the builder takes",
	} {
		if strings.Contains(message, words) {
			return hint
		}
	}
	verb, ok := between(message, `" cannot `, ` resource "`)
	if !ok || strings.ContainsAny(verb, ` "`) {
		return ""
	}
	resource, ok := between(message, ` resource "`, `"`)
	if !ok {
		return ""
	}
	command := fmt.Sprintf("kubectl create role kubectl-img --verb=%s --resource=%s", verb, resource)
	if namespace, ok := between(message, `in the namespace "`, `"`); ok {
		command += " --namespace=" + namespace
	}
	return command + ", and bind it with kubectl create rolebinding"
}

func podSecurityHint(level string) string {
	if strings.HasPrefix(level, "restricted") {
		return "--profile restricted, which passes restricted"
	}
	return "--profile userns or --profile localhost, which pass baseline"
}

func between(s, start, end string) (string, bool) {
	_, rest, found := strings.Cut(s, start)
	if !found {
		return "", false
	}
	inner, _, found := strings.Cut(rest, end)
	return inner, found
}

// unanswered says in one line what keeps the API server from answering.
func unanswered(err error) string { return "the API server does not answer: " + oneLine(lineOf(err)) }
