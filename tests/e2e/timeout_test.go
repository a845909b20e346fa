package e2e_test

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
)

func TestTimeout(t *testing.T) {
	t.Parallel()
	t.Run("error names the phase", timeoutWhileBuilding)
}

func timeoutWhileBuilding(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	r := build(ns, "-t", repository(ns), "--timeout", "15s", endless(t)).run(t).within(t, 30*time.Second)
	r.fails(t, codeTimeout, "build the image: timed out after 15s").hints(t, "--timeout")
}

func TestKeep(t *testing.T) {
	t.Parallel()
	t.Run("finished pod is left, and the delete command is printed", keepFinished)
}

func keepFinished(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	r := build(ns, "-t", repository(ns), "--keep", smallContext(t)).run(t).succeeds(t)
	pod := onlyPod(t, ns)
	defer deletePod(t, pod)
	r.says(t, "kubectl delete pod -n "+ns+" "+pod.Name)
	if len(r.lines("warning: ")) > 0 {
		t.Errorf("warnings:\n%s", r.stderr)
	}
	eventually(t, 20*time.Second, "the kept pod has succeeded", func() bool {
		return onlyPod(t, ns).Status.Phase == corev1.PodSucceeded
	})
}
