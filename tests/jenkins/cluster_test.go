package jenkins_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-img/kubectl-img/tests/cluster/clustertest"
)

// namespace makes a namespace in which no builder may be left at the end of the test.
func namespace(t *testing.T) string {
	t.Helper()
	ns := clustertest.Namespace(t, shared.Client, "jenkins-", clustertest.Baseline)
	// This is less than a builder waits for a client that went away.
	clustertest.ExpectNoBuilders(t, shared.Client, ns, 20*time.Second)
	return ns
}

// whenBuilding calls do with each new builder pod that runs, until it has done so as often as times says or the test ends.
func whenBuilding(t *testing.T, ns string, times int, do func(corev1.Pod)) {
	t.Helper()
	ctx := t.Context()
	go func() {
		var seen []string
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for len(seen) < times {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			pods, err := clustertest.Builders(ctx, shared.Client, ns)
			if err != nil {
				continue
			}
			for _, pod := range pods {
				if pod.Status.Phase == corev1.PodRunning && pod.DeletionTimestamp == nil && !slices.Contains(seen, pod.Name) {
					seen = append(seen, pod.Name)
					do(pod)
				}
			}
		}
	}()
}

func repository(ns string) string { return shared.Registry + "/jenkins/" + ns }

func labelsOf(t *testing.T, reference string) map[string]string {
	t.Helper()
	return clustertest.ImageConfig(t, clustertest.Image(t, shared, reference)).Config.Labels
}

// source is a workspace with a Dockerfile of these lines.
func source(t *testing.T, lines ...string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "workspace")
	clustertest.WriteFile(t, filepath.Join(dir, "Dockerfile"), strings.Join(lines, "\n")+"\n")
	return dir
}
