package e2e_test

import (
	"context"
	"os"
	"strings"
	"syscall"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// slowStep is a Dockerfile whose result shows whether a step ran again.
func slowStep() string { return shell("RUN cat /proc/sys/kernel/random/uuid >/uuid") }

func TestRegistryCacheServesAFreshPod(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	cache, dir := repository(ns)+"/cache:1", only(t, slowStep())
	first := build(ns, "-t", repository(ns)+":1", "--cache-to", "type=registry,ref="+cache+",mode=max", dir).run(t).succeeds(t)
	second := build(ns, "-t", repository(ns)+":2", "--cache-from", "type=registry,ref="+cache, dir).run(t).succeeds(t)
	if strings.Contains(first.stderr, "CACHED") || !strings.Contains(second.stderr, "CACHED") {
		t.Errorf("only the second build is to be cached:\n%s\n%s", first.stderr, second.stderr)
	}
	third := build(ns, "-t", repository(ns)+":3", "--cache-from", cache, "--no-cache", dir).run(t).succeeds(t)
	if strings.Contains(third.stderr, "CACHED") {
		t.Errorf("cached in spite of --no-cache:\n%s", third.stderr)
	}
	uuid := func(tag string) string { return fileIn(t, pull(t, repository(ns)+":"+tag), "uuid") }
	if uuid("1") != uuid("2") || uuid("1") == uuid("3") {
		t.Errorf("steps gave %q, cached %q, not cached %q", uuid("1"), uuid("2"), uuid("3"))
	}
}

func TestCacheVolumeKeepsTheEnginesState(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	claim, dir := cacheClaim(t, ns), only(t, slowStep())
	build(ns, "-t", repository(ns)+":1", "--cache-volume", claim, dir).run(t).succeeds(t)
	second := build(ns, "-t", repository(ns)+":2", "--cache-volume", claim, dir).run(t).succeeds(t)
	second.says(t, "CACHED")
	if a, b := fileIn(t, pull(t, repository(ns)+":1"), "uuid"), fileIn(t, pull(t, repository(ns)+":2"), "uuid"); a != b {
		t.Errorf("the step ran again: %q, %q", a, b)
	}
}

func TestCacheVolumeIsForOneBuildAtATime(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	claim := cacheClaim(t, ns)
	first := build(ns, "-t", repository(ns)+":1", "--name", "first", "--cache-volume", claim, endless(t)).start(t)
	first.await(t, begun)
	dir := only(t, scratch("LABEL a=b"))
	build(ns, "-t", repository(ns)+":2", "--cache-volume", claim, "--cache-volume-wait=false", dir).run(t).
		fails(t, codeInternal, "the cache volume is held by first").hints(t, "--cache-volume-wait")
	waits := build(ns, "-t", repository(ns)+":3", "--cache-volume", claim, dir).start(t)
	waits.await(t, "waiting for the cache volume, which first holds")
	first.signal(t, syscall.SIGINT)
	first.wait(t)
	waits.wait(t).succeeds(t)
}

// cacheClaim is bound to a directory of the node, which is this machine, that belongs to the builder's user.
func cacheClaim(t *testing.T, ns string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Chown(dir, 1000, 1000); err != nil {
		t.Fatal(err)
	}
	size := corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("1Gi")}
	modes := []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce}
	none := ""
	volume, err := client.CoreV1().PersistentVolumes().Create(t.Context(), &corev1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Name: ns},
		Spec: corev1.PersistentVolumeSpec{
			Capacity: size, AccessModes: modes, PersistentVolumeReclaimPolicy: corev1.PersistentVolumeReclaimRetain,
			ClaimRef:               &corev1.ObjectReference{Namespace: ns, Name: "cache"},
			PersistentVolumeSource: corev1.PersistentVolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: dir}},
		},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := client.CoreV1().PersistentVolumes().Delete(context.WithoutCancel(t.Context()), volume.Name, metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
	})
	claim, err := client.CoreV1().PersistentVolumeClaims(ns).Create(t.Context(), &corev1.PersistentVolumeClaim{
		ObjectMeta: metav1.ObjectMeta{Name: "cache"},
		Spec: corev1.PersistentVolumeClaimSpec{
			AccessModes: modes, StorageClassName: &none, VolumeName: volume.Name,
			Resources: corev1.VolumeResourceRequirements{Requests: size},
		},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return claim.Name
}
