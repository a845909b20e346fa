package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	// margin is how long a pod may take to end after its grace period, on a busy machine.
	margin = 25 * time.Second
	// deletion is how long a deleted pod may take to be gone.
	deletion = 30 * time.Second
)

// judge returns what is wrong with the end of a run.
func (r *run) judge(ctx context.Context, rep report) []string {
	var wrong []string
	w := rep.want
	if !rep.disturbed && r.disturb != nil {
		w = want{outcome: succeeds} // it ended before the fault
	}
	killed := rep.code == -1 && (w.killed || w.killable && rep.stderr == "")
	if rep.hung {
		wrong = append(wrong, fmt.Sprintf("did not end within %s of the fault", w.within))
	} else if !killed {
		wrong = append(wrong, judgeOutput(rep.outcome, w)...)
	}
	if r.check != nil {
		wrong = append(wrong, r.check(ctx, r)...)
	}
	if rep.code == 0 {
		wrong = append(wrong, r.judgeSuccess(ctx, rep.outcome)...)
	}
	ownEnd := !rep.hung && !(w.killed && killed) && !w.cutOff
	wrong = append(wrong, r.judgePods(ctx, ownEnd)...)
	return append(wrong, r.judgeRest(ctx)...)
}

// unnamed are words of errors that were not written for users.
var unnamed = []string{"context canceled", "context deadline exceeded", "panic", "nil pointer", "the connection ended"}

// judgeOutput compares the client's exit code and lines with the acceptable ends.
func judgeOutput(o outcome, w want) []string {
	var wrong []string
	errors, hints := o.lines("error: "), o.lines("hint: ")
	if o.code == 0 {
		if w.outcome == fails {
			wrong = append(wrong, "succeeded, which is impossible")
		}
		if len(errors)+len(hints) > 0 {
			wrong = append(wrong, "a success with an error or a hint line")
		}
		return wrong
	}
	if o.stdout != "" {
		wrong = append(wrong, fmt.Sprintf("failed and wrote to stdout: %q", o.stdout))
	}
	if strings.Contains(o.stderr, "DATA RACE") {
		wrong = append(wrong, "data race")
	}
	if w.hurried && len(errors) == 0 && strings.Contains(o.stderr, "kubectl delete pod") {
		return wrong // it only said how to delete the pod
	}
	if len(errors) != 1 || len(hints) > 1 {
		return append(wrong, fmt.Sprintf("exit code %d with %d error and %d hint lines", o.code, len(errors), len(hints)))
	}
	if w.outcome == succeeds {
		return append(wrong, "failed, and should not have")
	}
	if !slices.Contains(w.codes, o.code) {
		wrong = append(wrong, fmt.Sprintf("exit code %d, want one of %v", o.code, w.codes))
	}
	named := func(word string) bool { return strings.Contains(strings.ToLower(errors[0]), strings.ToLower(word)) }
	if !slices.ContainsFunc(w.words, named) {
		wrong = append(wrong, fmt.Sprintf("the error does not name the cause: want one of %q", w.words))
	}
	if slices.ContainsFunc(unnamed, named) {
		wrong = append(wrong, "the error says something that means nothing to a user")
	}
	return wrong
}

// judgePods looks for pods that are left. A client that ended by itself leaves none, not even a finished one.
func (r *run) judgePods(ctx context.Context, ownEnd bool) []string {
	limit, what, left := r.grace+margin, "still runs after the grace period", running
	if ownEnd {
		limit, what, left = deletion, "is left", func(corev1.Pod) bool { return true }
	}
	err := eventually(ctx, limit, func() error {
		pods, err := r.Client.CoreV1().Pods(r.ns).List(ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		for _, pod := range pods.Items {
			if left(pod) {
				return fmt.Errorf("pod %s (%s) %s", pod.Name, pod.Status.Phase, what)
			}
		}
		return nil
	})
	if err != nil {
		return []string{err.Error()}
	}
	return nil
}

func running(pod corev1.Pod) bool {
	return pod.Status.Phase != corev1.PodSucceeded && pod.Status.Phase != corev1.PodFailed
}

// judgeRest looks for other objects that are left.
func (r *run) judgeRest(ctx context.Context) []string {
	var wrong []string
	core := r.Client.CoreV1()
	secrets, err := core.Secrets(r.ns).List(ctx, metav1.ListOptions{})
	if err != nil {
		return []string{err.Error()}
	}
	for _, s := range secrets.Items {
		wrong = append(wrong, "secret "+s.Name+" is left")
	}
	maps, err := core.ConfigMaps(r.ns).List(ctx, metav1.ListOptions{})
	if err != nil {
		return []string{err.Error()}
	}
	for _, m := range maps.Items {
		if m.Name != "kube-root-ca.crt" {
			wrong = append(wrong, "config map "+m.Name+" is left")
		}
	}
	return wrong
}
