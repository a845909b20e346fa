package explain

import (
	"errors"
	"fmt"

	"github.com/kubectl-img/kubectl-img/internal/builder"
	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/internal/session"
)

// Build explains the error that ended a build.
func Build(err error, f Facts) error {
	var lost *session.LostError
	var full *session.FullError
	var upload *session.UploadError
	var job *session.JobError
	if registry := registryError(err, f); registry != nil {
		return registry
	}
	if timedOut := timeout(err, f); timedOut != nil {
		return timedOut
	}
	switch {
	case errors.As(err, &job):
		return explainJob(job, f)
	case f.LostNodeReason != "":
		return explainLostNode(err, f)
	case errors.As(err, &lost):
		return explainLoss(lost, f)
	case errors.As(err, &full):
		return explainFullDisk(full)
	case errors.As(err, &upload):
		return explainUpload(upload)
	default:
		return err
	}
}

// explainLostNode names the node: that it is lost looks like a lost connection.
func explainLostNode(err error, f Facts) error {
	return &explainedError{
		text: fmt.Sprintf("node %s of the builder pod is lost: %s", f.LostNode, f.LostNodeReason),
		hint: "kubectl describe node " + f.LostNode, code: cli.CodeTemporary, err: err,
	}
}

func explainLoss(lost *session.LostError, f Facts) error {
	return &explainedError{
		text: lost.Error(), hint: fmt.Sprintf("the build ends by itself; kubectl get pod -n %s %s shows its end", f.Namespace, f.Pod),
		code: cli.CodeTemporary, err: lost,
	}
}

// explainUpload tells an upload whose connection broke each time from one that the pod does not accept.
func explainUpload(upload *session.UploadError) error {
	if !upload.CutOff() {
		return upload
	}
	return &explainedError{text: upload.Error(), hint: cli.Hint(upload), code: cli.CodeTemporary, err: upload}
}

// timeout names the phase that ran out of time, and the flag that gives it more; or it returns nil.
func timeout(err error, f Facts) error {
	if !errors.Is(err, ErrTimedOut) {
		return nil
	}
	var pending *builder.PendingError
	var unanswered *builder.UnansweredError
	switch {
	case errors.As(err, &pending):
		return timeoutError(f.Phase, "pod-timeout", f.PodTimeout, errors.New(pending.Reason))
	case errors.As(err, &unanswered):
		return timeoutError(f.Phase, "timeout", f.Timeout, unanswered.Err)
	case f.Phase == PhaseStart:
		return timeoutError(PhaseStart, "pod-timeout", f.PodTimeout, nil)
	default:
		return timeoutError(f.Phase, "timeout", f.Timeout, nil)
	}
}

func timeoutError(phase, flag string, limit fmt.Stringer, cause error) error {
	e := &explainedError{hint: "allow more time with --" + flag, code: cli.CodeTimeout, err: cause}
	e.text = fmt.Sprintf("%s: timed out after %s", phase, limit)
	if cause != nil {
		e.text += ": " + cause.Error()
	}
	return e
}
