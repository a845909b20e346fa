package nodes_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-img/kubectl-img/tests/cluster/clustertest"
	"github.com/kubectl-img/kubectl-img/tests/compat"
)

const codeTimeout = 124

// claimDir is the directory of the machine that is the claim's volume.
const claimDir = "/node/claim"

// claimFollowed has a cache volume that only the machine can mount. The first node has more room, and the builder pod goes to the machine.
func claimFollowed(t *testing.T) {
	ns := namespace(t, clustertest.Privileged)
	claim := claimOnMachine(t, ns)
	for i, cached := range []bool{false, true} {
		text := dockerfile("RUN echo first >/first", fmt.Sprintf("RUN echo begun-$((40+2)) %d && sleep 5", i))
		b := startAnywhere(t, ns, "unconfined", text, "--cache-volume", claim)
		b.begun(t)
		if got := builder(t, ns).Spec.NodeName; got != nodeName(t) {
			t.Errorf("the build is on %s, the volume on %s", got, nodeName(t))
		}
		if log := b.succeeds(t); strings.Contains(log, "CACHED") != cached {
			t.Errorf("build %d has a step from the cache: %v, want %v:\n%s", i, !cached, cached, log)
		}
	}
	found("a cache volume that only one node has", compat.Builds, "the builder pod goes to that node")
}

// claimElsewhere asks for the first node and for the machine's volume.
func claimElsewhere(t *testing.T) {
	ns := namespace(t, clustertest.Privileged)
	claim := claimOnMachine(t, ns)
	args := []string{"--cache-volume", claim, "--node-selector", "kubernetes.io/hostname=" + shared.Nodes[0], "--pod-timeout", "20s"}
	b := startAnywhere(t, ns, "unconfined", slowly("5"), args...)
	found("a cache volume of another node than --node-selector", compat.Fails, b.fails(t, codeTimeout, "didn't match PersistentVolume's node affinity"))
}

// claimOnMachine makes a volume of a directory of the machine, and a claim that is bound to it.
func claimOnMachine(t *testing.T, ns string) string {
	t.Helper()
	onNode(t, "mkdir -p "+claimDir+" && chown 1000:1000 "+claimDir)
	t.Cleanup(func() { onNode(t, "rm -rf "+claimDir) })
	size := corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("1Gi")}
	modes, none := []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce}, ""
	volume, err := shared.Client.CoreV1().PersistentVolumes().Create(t.Context(), &corev1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Name: ns},
		Spec: corev1.PersistentVolumeSpec{
			Capacity: size, AccessModes: modes, PersistentVolumeReclaimPolicy: corev1.PersistentVolumeReclaimRetain,
			ClaimRef:               &corev1.ObjectReference{Namespace: ns, Name: "cache"},
			PersistentVolumeSource: corev1.PersistentVolumeSource{Local: &corev1.LocalVolumeSource{Path: claimDir}},
			NodeAffinity: &corev1.VolumeNodeAffinity{Required: &corev1.NodeSelector{NodeSelectorTerms: []corev1.NodeSelectorTerm{{
				MatchExpressions: []corev1.NodeSelectorRequirement{{Key: corev1.LabelHostname, Operator: corev1.NodeSelectorOpIn, Values: []string{nodeName(t)}}},
			}}}},
		},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := shared.Client.CoreV1().PersistentVolumes().Delete(context.WithoutCancel(t.Context()), volume.Name, metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
	})
	claim, err := shared.Client.CoreV1().PersistentVolumeClaims(ns).Create(t.Context(), &corev1.PersistentVolumeClaim{
		ObjectMeta: metav1.ObjectMeta{Name: "cache"},
		Spec: corev1.PersistentVolumeClaimSpec{
			AccessModes: modes, StorageClassName: &none, VolumeName: volume.Name, Resources: corev1.VolumeResourceRequirements{Requests: size},
		},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return claim.Name
}
