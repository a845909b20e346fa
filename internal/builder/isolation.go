package builder

import (
	"errors"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kubectl-img/kubectl-img/internal/podsecurity"
	"github.com/kubectl-img/kubectl-img/podspec"
)

// Refusal says why a cluster can't run a pod with its isolation.
type Refusal struct {
	Reason  string          // in one line
	Control podspec.Control // what refuses the pod; empty if that is not known, or if it says nothing about the pods of other profiles
}

// IsolationFailure returns why the cluster can't run a pod with its isolation. ok is false if err is about anything else, such as the
// image, a quota or a missing right.
//
// Neither the API server nor the kubelet has a field for this, so their texts decide. A text that is not known here counts as
// something else: then --profile auto stops early, and never takes a weaker profile by mistake.
func IsolationFailure(err error) (refusal Refusal, ok bool) {
	var weakened *podsecurity.WeakenedError
	var start *StartError
	var end *Termination
	var status *apierrors.StatusError
	switch {
	case errors.As(err, &weakened):
		return Refusal{weakened.Error(), controlOf(weakened)}, true
	case errors.As(err, &start):
		control, refused := refusing(start.Reason, start.message)
		return Refusal{start.Reason + ": " + start.message, control}, refused
	case errors.As(err, &end):
		control, refused := refusing(end.Reason, end.Message)
		return Refusal{end.Reason + ": " + oneLine(end.Message), control}, refused
	case errors.As(err, &status):
		reason, refused := podsecurity.Refusal(status.ErrStatus)
		return Refusal{Reason: reason}, refused
	default:
		return Refusal{}, false
	}
}

// controlOf returns the control whose setting the API server did not store. What a webhook changes is not known to be the same for another pod.
func controlOf(weakened *podsecurity.WeakenedError) podspec.Control {
	switch {
	case weakened.UserNamespace():
		return podspec.PodUserNamespace
	case weakened.FeatureGate():
		return podspec.WholeProc
	case weakened.Sidecar():
		return podspec.StepContainers
	default:
		return ""
	}
}
