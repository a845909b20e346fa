package e2e_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestCache(t *testing.T) {
	t.Parallel()
	t.Run("registry cache in a new pod", cacheInRegistry)
	t.Run("registry that needs a login", cacheWithLogin)
	t.Run("cache volume", cacheVolume)
	t.Run("cache volume that another build holds", cacheVolumeHeld)
}

func cacheInRegistry(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	cache, dir := repository(ns)+"/cache:1", only(t, uniqueStep())
	first := build(ns, "-t", repository(ns)+":1", "--cache-to", "type=registry,ref="+cache+",mode=max", dir).run(t).succeeds(t)
	// BuildKit does not call a step cached whose layer it pulls: the step's output tells.
	build(ns, "-t", repository(ns)+":2", "--cache-from", "type=registry,ref="+cache, dir).run(t).succeeds(t)
	if strings.Contains(first.stderr, "CACHED") {
		t.Errorf("the first build is cached:\n%s", first.stderr)
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

func cacheWithLogin(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	g := newRegistryProxy(t, "cache", hostAddress(), onlyFor("cacher", "secret-of-the-cache"))
	cache := g.Host + "/e2e/" + ns + ":cache"
	dir := only(t, uniqueStep())
	for i := range 2 {
		c := build(ns, "-t", fmt.Sprintf("%s:%d", repository(ns), i), "--registry-ca", g.CAFile, "--cache-to", "type=registry,ref="+cache+",mode=max", "--cache-from", cache, dir).
			withHelper(t, map[string][2]string{g.Host: {"cacher", "secret-of-the-cache"}})
		c.run(t).succeeds(t)
	}
	if !isPushed(t, g.pushed(cache)) {
		t.Error("no cache was pushed")
	}
	if a, b := fileIn(t, pull(t, repository(ns)+":0"), "uuid"), fileIn(t, pull(t, repository(ns)+":1"), "uuid"); a != b {
		t.Errorf("the cache was not used: %q, %q", a, b)
	}
}

func cacheVolume(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	claim, dir := cacheClaim(t, ns), only(t, uniqueStep())
	build(ns, "-t", repository(ns)+":1", "--cache-volume", claim, dir).run(t).succeeds(t)
	second := build(ns, "-t", repository(ns)+":2", "--cache-volume", claim, dir).run(t).succeeds(t)
	second.says(t, "CACHED")
	if a, b := fileIn(t, pull(t, repository(ns)+":1"), "uuid"), fileIn(t, pull(t, repository(ns)+":2"), "uuid"); a != b {
		t.Errorf("the step ran again: %q, %q", a, b)
	}
}

func cacheVolumeHeld(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	claim := cacheClaim(t, ns)
	first := build(ns, "-t", repository(ns)+":1", "--name", "first", "--cache-volume", claim, endless(t)).start(t)
	first.await(t, begun)
	dir := only(t, scratch("LABEL a=b"))
	build(ns, "-t", repository(ns)+":2", "--cache-volume", claim, "--cache-volume-wait=false", dir).run(t).
		fails(t, codeTemporary, "the cache volume is held by first").hints(t, "--cache-volume-wait")
	waits := build(ns, "-t", repository(ns)+":3", "--cache-volume", claim, dir).start(t)
	waits.await(t, "waiting for the cache volume, which first holds")
	first.signal(t, syscall.SIGINT)
	first.wait(t)
	waits.wait(t).succeeds(t)
}

// cacheClaim makes a volume claim. Its volume is a directory of this machine, the node, that belongs to the builder's user.
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
