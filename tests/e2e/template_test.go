package e2e_test

import (
	"path/filepath"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// template adds some settings and tries to weaken others.
const template = `apiVersion: v1
kind: Pod
metadata:
  labels:
    team: a
    app.kubernetes.io/managed-by: somebody-else
  finalizers: [example.com/forever]
spec:
  hostNetwork: true
  hostPID: true
  hostUsers: true
  automountServiceAccountToken: true
  restartPolicy: Always
  securityContext:
    runAsUser: 0
    runAsNonRoot: false
    seccompProfile: {type: Unconfined}
  volumes:
  - name: settings
    configMap: {name: settings}
  containers:
  - name: builder
    command: [sleep, "1000"]
    env:
    - {name: EXTRA, value: of the template}
    volumeMounts:
    - {name: settings, mountPath: /settings}
    securityContext:
      privileged: true
      readOnlyRootFilesystem: false
      procMount: Default
      capabilities: {add: [SYS_ADMIN]}
`

func TestPodTemplate(t *testing.T) {
	t.Parallel()
	t.Run("adds to the pod, but does not weaken it", templateAdds)
}

func templateAdds(t *testing.T) {
	t.Parallel()
	ns := namespace(t, baseline)
	if _, err := client.CoreV1().ConfigMaps(ns).Create(t.Context(), &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Name: "settings"}, Data: map[string]string{"key": "value"},
	}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "template.yaml")
	write(t, file, template)
	dir := only(t, shell("RUN true"))
	build(ns, "-t", repository(ns), "--profile", "userns", "--name", "plain", "--keep", dir).run(t).succeeds(t)
	plain := onlyPod(t, ns)
	deletePod(t, plain)
	build(ns, "-t", repository(ns), "--profile", "userns", "--name", "merged", "--keep", "--pod-template", file, dir).run(t).succeeds(t)
	merged := onlyPod(t, ns)
	deletePod(t, merged)

	if merged.Labels["team"] != "a" {
		t.Errorf("labels %v", merged.Labels)
	}
	added := merged.Spec.Containers[0]
	if v := added.Env[len(added.Env)-1]; v.Name != "EXTRA" || v.Value != "of the template" {
		t.Errorf("environment %v", added.Env)
	}
	if m := added.VolumeMounts[len(added.VolumeMounts)-1]; m.MountPath != "/settings" {
		t.Errorf("mounts %v", added.VolumeMounts)
	}
	// Without the additions of the template, both pods must be the same.
	delete(merged.Labels, "team")
	builder := &merged.Spec.Containers[0]
	builder.Env = builder.Env[:len(builder.Env)-1]
	builder.VolumeMounts = builder.VolumeMounts[:len(builder.VolumeMounts)-1]
	merged.Spec.Volumes = withoutVolume(merged.Spec.Volumes, "settings")
	merged.Name = plain.Name
	plain.Spec.NodeName = ""
	comparePods(t, plain, merged)
}

func withoutVolume(volumes []corev1.Volume, name string) []corev1.Volume {
	var rest []corev1.Volume
	for _, v := range volumes {
		if v.Name != name {
			rest = append(rest, v)
		}
	}
	return rest
}
