package explain

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/tools/clientcmd"
	cmdutil "k8s.io/kubectl/pkg/cmd/util"

	"github.com/kubectl-img/kubectl-img/internal/builder"
	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/internal/podsecurity"
)

// API explains an error of the API server, or of the way to it. It returns any other error as it is.
func API(err error) error {
	if apiCause(err) == nil && apiHint(err) == "" && !builder.Away(err) {
		return err
	}
	return &apiError{err}
}

// apiError is an error whose cause comes from client-go, and so has neither a hint nor an exit code of its own.
type apiError struct{ error }

func (e *apiError) Error() string { return apiText(e.error) }
func (e *apiError) Unwrap() error { return e.error }

// Hint is a command or a setting that helps.
func (e *apiError) Hint() string {
	if hint := cli.Hint(e.error); hint != "" {
		return hint
	}
	return apiHint(e.error)
}

// ExitCode tells a refusal by policy, and an API server that is away, from other errors.
func (e *apiError) ExitCode() int {
	_, own := cli.OwnExitCode(e.error)
	switch {
	case own:
	case apierrors.IsForbidden(e.error), apierrors.IsInvalid(e.error):
		return cli.CodePolicy
	case builder.Away(e.error) && !unconfigured(e.error):
		return cli.CodeTemporary
	}
	return cli.ExitCode(e.error)
}

// unconfigured reports whether the request went to the address that client-go takes where no kubeconfig names a cluster. Time does not change that.
func unconfigured(err error) bool {
	var request *url.Error
	return errors.As(err, &request) && strings.HasPrefix(request.URL, "http://localhost:8080/")
}

// Unanswered says in one line why the API server does not answer.
func Unanswered(err error) string {
	return "the API server does not answer: " + cli.OneLine(apiText(err))
}

// apiText is the text of err, with the API server's part in kubectl's words, which users know and search for.
func apiText(err error) string {
	cause := apiCause(err)
	if cause == nil {
		return err.Error()
	}
	text, ok := cmdutil.StandardErrorMessage(cause)
	if !ok {
		return err.Error()
	}
	return strings.Replace(err.Error(), cause.Error(), strings.TrimPrefix(text, "error: "), 1)
}

// apiCause returns the API server's answer, or the failure to reach it, inside err.
func apiCause(err error) error {
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

// apiHint is for errors of client-go, which can't carry a hint of ours.
func apiHint(err error) string {
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

// forbiddenHint reads the message: the status has no field for the verb, the namespace or the violated level.
// Only the hint depends on the wording.
func forbiddenHint(message string) string {
	if podsecurity.OlderBaseline(message) {
		return podsecurity.HintOlderBaseline
	}
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
