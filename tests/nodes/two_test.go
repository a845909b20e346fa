package nodes_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-img/kubectl-img/tests/cluster/clustertest"
	"github.com/kubectl-img/kubectl-img/tests/compat"
)

// TestTwoNodes builds on the first node and on the machine. The profile is the one that works on both without our profiles.
func TestTwoNodes(t *testing.T) {
	startShell(t)
	describe(t)
	t.Run("builds are spread", spread)
	t.Run("cordoned node", cordoned)
	t.Run("every node is cordoned", allCordoned)
	t.Run("the claim's node", claimFollowed)
	t.Run("another node than the claim's", claimElsewhere)
	t.Run("node dies during a build", nodeDies)
	record.Name += "-and-another"
	writeRecord(t)
}

// spread starts two builds, each of which asks for more than half of a node's processors.
func spread(t *testing.T) {
	var names []string
	for range 2 {
		ns := namespace(t, clustertest.Privileged)
		b := startAnywhere(t, ns, "unconfined", slowly("5"), "--request", "cpu=1100m")
		clustertest.Eventually(t, limit, "the pod is scheduled", func() bool {
			pods, err := clustertest.Builders(t.Context(), shared.Client, ns)
			return err == nil && len(pods) == 1 && pods[0].Spec.NodeName != ""
		})
		names = append(names, builder(t, ns).Spec.NodeName)
		defer b.succeeds(t)
	}
	slices.Sort(names)
	if want := slices.Sorted(slices.Values(shared.Nodes)); !slices.Equal(names, want) {
		t.Errorf("the builds are on %q, want one on each of %q", names, want)
	}
	found("two builds with room for one on each node", compat.Builds, "the scheduler puts one on each node")
}

func cordoned(t *testing.T) {
	first := shared.Nodes[0]
	kubectl(t, "cordon", first)
	defer kubectl(t, "uncordon", first)
	ns := namespace(t, clustertest.Privileged)
	b := startAnywhere(t, ns, "unconfined", slowly("5"))
	b.begun(t)
	if got := builder(t, ns).Spec.NodeName; got != nodeName(t) {
		t.Errorf("the build is on %s, which is cordoned", got)
	}
	b.succeeds(t)
	found("the other node is cordoned", compat.Builds, "")
}

func allCordoned(t *testing.T) {
	for _, name := range shared.Nodes {
		kubectl(t, "cordon", name)
		defer kubectl(t, "uncordon", name)
	}
	b := startAnywhere(t, namespace(t, clustertest.Privileged), "unconfined", slowly("5"), "--pod-timeout", "20s")
	found("every node is cordoned", compat.Fails, b.fails(t, codeTimeout, "were unschedulable"))
}

// nodeDies takes the power from the machine, and gives it back after the build has failed.
func nodeDies(t *testing.T) {
	const grace = 2 * time.Minute
	b := start(t, namespace(t, clustertest.Privileged), "unconfined", slowly("1000"), "--detach-grace", grace.String())
	b.begun(t)
	if err := shared.Kill(nodeName(t)); err != nil {
		t.Fatal(err)
	}
	died := time.Now()
	// The control plane waits 50 seconds for a sign of life, which comes every 10.
	clustertest.Eventually(t, grace-20*time.Second, "a warning names the node", func() bool {
		return strings.Contains(b.stderr.String(), "Kubernetes has lost node "+nodeName(t))
	})
	t.Logf("warned after %s", time.Since(died).Round(time.Second))
	line := b.fails(t, codeTemporary, "node "+nodeName(t)+" of the builder pod is lost")
	took := time.Since(died).Round(time.Second)
	t.Logf("failed after %s", took)
	if took > grace+15*time.Second {
		t.Errorf("the build ended %s after its node, with a grace period of %s", took, grace)
	}
	found("the node dies during a build", compat.Fails, line)

	if ready(t) {
		t.Error("the machine is still ready")
	}
	if err := shared.Start(t.Context(), nodeName(t)); err != nil {
		t.Fatal(err)
	}
	clustertest.Eventually(t, limit, "the machine is ready again", func() bool { return ready(t) })
}

// ready tells whether the machine is ready, according to the control plane.
func ready(t *testing.T) bool {
	t.Helper()
	for _, c := range node(t).Status.Conditions {
		if c.Type == corev1.NodeReady {
			return c.Status == corev1.ConditionTrue
		}
	}
	return false
}
