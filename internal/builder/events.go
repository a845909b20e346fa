package builder

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/watch"
)

// eventPause is how long to wait before events are watched again.
const eventPause = time.Second

// reasonStarted is the kubelet's word for a container that runs: kubernetes/pkg/kubelet/events.
const reasonStarted = "Started"

// watchEvents tells every warning about the pod, and that the container started, until ctx ends. Without the right to
// watch events it says nothing.
func (p *Pod) watchEvents(ctx context.Context, warn func(string), started func()) {
	about := fields.Set{"involvedObject.kind": "Pod", "involvedObject.name": p.name, "involvedObject.uid": string(p.uid)}
	last := ""
	for ctx.Err() == nil {
		options := metav1.ListOptions{FieldSelector: about.String(), ResourceVersion: last}
		events, err := p.api.Client().CoreV1().Events(p.namespace).Watch(ctx, options)
		if apierrors.IsForbidden(err) {
			return
		}
		if err == nil {
			last = p.readEvents(ctx, events, warn, started)
		}
		select {
		case <-time.After(eventPause):
		case <-ctx.Done():
		}
	}
}

// readEvents returns the version to go on from when the watch ends; empty for the beginning.
func (p *Pod) readEvents(ctx context.Context, events watch.Interface, warn func(string), started func()) (last string) {
	defer events.Stop()
	for {
		select {
		case <-ctx.Done():
			return last
		case change, ok := <-events.ResultChan():
			if !ok {
				return last
			}
			e, ok := change.Object.(*corev1.Event)
			if !ok { // the version is too old to go on from
				return ""
			}
			last = e.ResourceVersion
			if e.Reason == reasonStarted && e.InvolvedObject.FieldPath == "spec.containers{"+p.container+"}" {
				started()
			}
			if e.Type == corev1.EventTypeWarning && change.Type != watch.Deleted {
				warn(fmt.Sprintf("%s: %s", e.Reason, oneLine(e.Message)))
			}
		}
	}
}
