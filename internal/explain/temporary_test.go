package explain

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"syscall"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-img/kubectl-img/exec"
	"github.com/kubectl-img/kubectl-img/internal/builder"
	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/internal/session"
)

// TestNoCluster tells an API server that is away from a missing kubeconfig, for which client-go has an address of its own.
func TestNoCluster(t *testing.T) {
	refused := &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
	for address, code := range map[string]int{"http://localhost:8080/api": cli.CodeInternal, "https://cluster.example:6443/api": cli.CodeTemporary} {
		if got := cli.ExitCode(API(fmt.Errorf("create builder pod: %w", &url.Error{Op: "Post", URL: address, Err: refused}))); got != code {
			t.Errorf("%s: exit code %d, want %d", address, got, code)
		}
	}
}

// A pipeline repeats a build that ends with exit code 75, so only what can get better by itself may have it.
func TestTemporary(t *testing.T) {
	cut := &exec.StreamError{Err: errors.New("connection reset by peer")}
	ended := func(status corev1.PodStatus) error {
		return fmt.Errorf("follow: %w", builder.End(&corev1.Pod{Status: status}, "builder"))
	}
	deleted := func(reason string) error {
		pod := &corev1.Pod{Status: corev1.PodStatus{Phase: corev1.PodFailed}}
		pod.DeletionTimestamp = &pod.CreationTimestamp
		if reason != "" {
			pod.Status.Conditions = []corev1.PodCondition{{Type: corev1.DisruptionTarget, Status: corev1.ConditionTrue, Reason: reason}}
		}
		return builder.End(pod, "builder").Deleted
	}
	for name, c := range map[string]struct {
		err  error
		said string
		code int
	}{
		"out of reach":                        {err: &session.LostError{Err: cut}, code: cli.CodeTemporary},
		"upload cut off":                      {err: &session.UploadError{Err: cut}, code: cli.CodeTemporary},
		"upload not accepted":                 {err: &session.UploadError{Err: errors.New("not verified: tar: read-only file system")}, code: cli.CodeInternal},
		"full disk":                           {err: &session.FullError{}, code: cli.CodeInternal},
		"no client for too long":              {err: &session.JobError{Phase: phaseAbandoned}, code: cli.CodeTemporary},
		"cache volume taken":                  {err: &session.JobError{Phase: phaseCache}, code: cli.CodeTemporary},
		"image without the engine":            {err: &session.JobError{Phase: session.PhasePreflight, Message: "the builder image has no img"}, code: cli.CodeInternal},
		"evicted for the node's sake":         {err: ended(failed("Evicted", "The node was low on resource: memory. ")), code: cli.CodeTemporary},
		"evicted for its own use":             {err: ended(failed("Evicted", "Pod ephemeral local storage usage exceeds the total limit of containers 50Mi.")), code: cli.CodeInternal},
		"node shut down":                      {err: ended(failed("Terminated", "Pod was terminated in response to imminent node shutdown.")), code: cli.CodeTemporary},
		"node fuller than the scheduler knew": {err: ended(failed("OutOfcpu", "")), code: cli.CodeTemporary},
		"out of memory":                       {err: ended(failed("OOMKilled", "")), code: cli.CodeInternal},
		"deadline":                            {err: ended(failed("DeadlineExceeded", "")), code: cli.CodeInternal},
		"node drained":                        {err: deleted("EvictionByEvictionAPI"), code: cli.CodeTemporary},
		"cancelled":                           {err: deleted(""), code: cli.CodeInternal},
		"registry that fails":                 {err: &session.JobError{Phase: "push"}, said: "unexpected status from PUT request to https://local.example/v2/: 503 Service Unavailable", code: cli.CodeTemporary},
		"registry's limit":                    {err: &session.JobError{Phase: "build"}, said: "unexpected status from HEAD request to https://local.example/v2/: 429 Too Many Requests", code: cli.CodeTemporary},
		"registry's refusal":                  {err: &session.JobError{Phase: "push"}, said: "unexpected status from PUT request to https://local.example/v2/: 403 Forbidden", code: cli.CodeRegistry},
	} {
		if code := cli.ExitCode(Build(c.err, rejectedFacts(c.said))); code != c.code {
			t.Errorf("%s: exit code %d, want %d", name, code, c.code)
		}
	}
}

func failed(reason, message string) corev1.PodStatus {
	return corev1.PodStatus{Phase: corev1.PodFailed, Reason: reason, Message: message}
}
