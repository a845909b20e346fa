package e2e_test

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// stopImg is a build step that tells each img that it sees to stop.
const stopImg = "RUN killall -TERM img; sleep 2; echo survived-$((40+2))"

// A build step must not be able to end an older img so that the build counts as done: the registry can have an older image under the tag.
func TestOlderEngineThatIsStopped(t *testing.T) {
	t.Parallel()
	t.Run("img by itself takes it for success", olderEngineByItself)
	t.Run("in a namespace of util-linux it fails", olderEngineEntered)
	t.Run("without util-linux it is refused", olderEngineRefused)
	t.Run("a step in a pid namespace does not see it", olderEngineUnseen)
}

// olderEngineByItself runs img without the supervisor, to show that the attack of the other tests is one.
func olderEngineByItself(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	script := "mkdir /tmp/context && printf '%s\\n' \"$0\" >/tmp/context/Dockerfile && img build --no-console --state /tmp/state -t x /tmp/context; echo exit-code-$?"
	id := int64(1000)
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "img", Namespace: ns},
		Spec: corev1.PodSpec{
			RestartPolicy: corev1.RestartPolicyNever,
			SecurityContext: &corev1.PodSecurityContext{
				RunAsUser: &id, FSGroup: &id, SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeUnconfined},
			},
			Volumes: []corev1.Volume{{Name: "tmp", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}}},
			Containers: []corev1.Container{{
				Name: "img", Image: shared.LegacyImage, Command: []string{"sh", "-c", script, shell(stopImg)},
				VolumeMounts: []corev1.VolumeMount{{Name: "tmp", MountPath: "/tmp"}},
			}},
		},
	}
	pod, err := client.CoreV1().Pods(ns).Create(t.Context(), pod, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer deletePod(t, pod)
	log := ""
	eventually(t, limit, "img has ended", func() bool {
		text, _ := client.CoreV1().Pods(ns).GetLogs("img", &corev1.PodLogOptions{}).DoRaw(t.Context())
		log = string(text)
		return strings.Contains(log, "exit-code-")
	})
	if !strings.Contains(log, "exit-code-0") || strings.Contains(log, "survived-42") {
		t.Errorf("log:\n%s", log)
	}
}

func olderEngineEntered(t *testing.T) {
	t.Parallel()
	ns := namespace(t, baseline)
	build(ns, "-t", repository(ns), smallContext(t)).run(t).succeeds(t)
	older := digestOf(t, repository(ns))
	r := build(ns, "-t", repository(ns), "--image", shared.LegacyImage, "--profile", "localhost", only(t, shell(stopImg))).run(t)
	r.fails(t, codeBuild, "build failed")
	if digestOf(t, repository(ns)) != older {
		t.Errorf("pushed:\n%s", r.stderr)
	}
}

// withoutUnshare is an older builder image that has only the unshare of busybox, or none. The range of ids fits into a pod's user namespace.
func withoutUnshare(t *testing.T, ns string) string {
	t.Helper()
	image := repository(ns) + ":builder"
	build(ns, "-t", image, only(t, "FROM "+shared.LegacyImage+"\nUSER 0\nRUN rm /usr/bin/unshare && echo user:1001:64535 | tee /etc/subuid >/etc/subgid\nUSER 1000\n")).
		run(t).succeeds(t)
	return image
}

func olderEngineRefused(t *testing.T) {
	t.Parallel()
	ns := namespace(t, baseline)
	image := withoutUnshare(t, ns)
	for _, profile := range []string{"localhost", "unset"} {
		r := build(ns, "-t", repository(ns), "--image", image, "--profile", profile, only(t, shell(stopImg))).run(t)
		r.fails(t, codeInternal, "takes a signal that a build step can send for success").hints(t, "use the builder image of this release")
	}
	if isPushed(t, repository(ns)) {
		t.Error("pushed")
	}
}

func olderEngineUnseen(t *testing.T) {
	t.Parallel()
	ns := namespace(t, baseline)
	r := build(ns, "-t", repository(ns), "--image", withoutUnshare(t, ns), "--profile", "userns", only(t, shell(stopImg))).run(t)
	r.succeeds(t).says(t, "survived-42")
	if !isPushed(t, repository(ns)) {
		t.Error("not pushed")
	}
}
