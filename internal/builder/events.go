package builder

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/watch"
)

// Reasons of the kubelet's events: kubernetes/pkg/kubelet/events.
const (
	reasonStarted = "Started"
	reasonFailed  = "Failed" // also for images, then without the prefix "Error: "
)

// errStarted ends the wait when something other than the pod's status says that the container runs.
var errStarted = errors.New("the container has started")

// rewatchPause is the time between two watches of the pod's events.
const rewatchPause = time.Second

// watchEvents reads the pod's events until ctx ends. It passes each warning to warn, and calls end with errStarted or with the reason
// why the pod can't start. It returns at once if the user may not watch events.
func (p *Pod) watchEvents(ctx context.Context, warn func(string), end context.CancelCauseFunc) {
	ofPod := fields.Set{"involvedObject.kind": "Pod", "involvedObject.name": p.name, "involvedObject.uid": string(p.uid)}
	version := ""
	var repeated repeatedFailure
	for ctx.Err() == nil {
		options := metav1.ListOptions{FieldSelector: ofPod.String(), ResourceVersion: version}
		events, err := p.api.Client().CoreV1().Events(p.namespace).Watch(ctx, options)
		if apierrors.IsForbidden(err) {
			return
		}
		if err == nil {
			version = p.readEvents(ctx, events, &repeated, warn, end)
		}
		select {
		case <-time.After(rewatchPause):
		case <-ctx.Done():
		}
	}
}

// readEvents reads one watch to its end. It returns the version from which the next watch continues, or "" to start over.
func (p *Pod) readEvents(ctx context.Context, events watch.Interface, repeated *repeatedFailure, warn func(string), end context.CancelCauseFunc) (version string) {
	defer events.Stop()
	for {
		select {
		case <-ctx.Done():
			return version
		case change, ok := <-events.ResultChan():
			if !ok {
				return version
			}
			e, ok := change.Object.(*corev1.Event)
			if !ok { // an error: the version is too old
				return ""
			}
			version = e.ResourceVersion
			if e.Reason == reasonStarted && e.InvolvedObject.FieldPath == "spec.containers{"+p.container+"}" {
				end(errStarted)
			}
			if change.Type == watch.Deleted { // events expire
				continue
			}
			if err := cmp.Or(p.isolationError(e), repeated.see(e)); err != nil {
				end(err)
				return version
			}
			if e.Type == corev1.EventTypeWarning {
				warn(oneLine(e.Reason + ": " + e.Message))
			}
		}
	}
}

// isolationError returns an error if the event says that the node can't isolate the pod as requested, and nil for any other event.
// The pod's status says so later, or never.
func (p *Pod) isolationError(e *corev1.Event) error {
	message, failed := strings.CutPrefix(oneLine(e.Message), "Error: ")
	reason := e.Reason
	switch {
	case e.Reason == reasonNoSandbox:
	case e.Reason == reasonFailed && failed:
		reason = reasonNoContainer
	default:
		return nil
	}
	if _, refused := refusing(reason, message); !refused {
		return nil
	}
	return &StartError{Reason: reason, message: message, hint: startHint(reason, message, p.want)}
}
