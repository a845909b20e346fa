package builds

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/printers"
	"k8s.io/utils/ptr"

	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/internal/session"
	"github.com/kubectl-img/kubectl-img/podspec"
)

func builderPod(phase corev1.PodPhase, end *corev1.ContainerStateTerminated) *corev1.Pod {
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "img-1", Namespace: "ci", UID: "u", Annotations: map[string]string{
			podspec.AnnotationTags: "r.example/app:1,r.example/app:2", podspec.AnnotationRepository: "r.example/app", podspec.AnnotationBy: "jane@laptop",
			podspec.AnnotationProfile: "userns", podspec.AnnotationDetached: "true", podspec.AnnotationExpiresAfter: "1h",
		}},
		Spec: corev1.PodSpec{NodeName: "n1", Containers: []corev1.Container{
			{Name: podspec.Container, Env: []corev1.EnvVar{{Name: session.EnvGrace, Value: "7"}}},
		}},
		Status: corev1.PodStatus{Phase: phase},
	}
	if end != nil {
		pod.Status.ContainerStatuses = []corev1.ContainerStatus{{Name: podspec.Container, State: corev1.ContainerState{Terminated: end}}}
	}
	return pod
}

func TestStatus(t *testing.T) {
	done := &corev1.ContainerStateTerminated{Reason: "Completed", Message: `{"digest":"sha256:` + strings.Repeat("ab", 32) + `"}`}
	failed := &corev1.ContainerStateTerminated{Reason: "Error", ExitCode: 1, Message: `{"phase":"build","code":1,"error":"x"}`}
	for _, c := range []struct {
		pod         *corev1.Pod
		phase, want string
	}{
		{builderPod(corev1.PodPending, nil), "", "Pending"},
		{builderPod(corev1.PodRunning, nil), "", "Running"},
		{builderPod(corev1.PodRunning, nil), "upload", "Uploading"},
		{builderPod(corev1.PodRunning, nil), "build", "Building"},
		{builderPod(corev1.PodRunning, nil), "push", "Pushing"},
		{builderPod(corev1.PodSucceeded, done), "", "Done"},
		{builderPod(corev1.PodFailed, failed), "", "Failed"},
		{builderPod(corev1.PodFailed, &corev1.ContainerStateTerminated{Reason: "OOMKilled", ExitCode: 137}), "", "OOMKilled"},
	} {
		if got := Status(c.pod, c.phase); got != c.want {
			t.Errorf("%s, %q: %s, want %s", c.pod.Status.Phase, c.phase, got, c.want)
		}
	}
	gone := builderPod(corev1.PodRunning, nil)
	gone.DeletionTimestamp = ptr.To(metav1.Now())
	if got := Status(gone, "build"); got != "Terminating" {
		t.Errorf("deleted: %s", got)
	}
}

// TestObjects fixes the fields that scripts read.
func TestObjects(t *testing.T) {
	end := &corev1.ContainerStateTerminated{Reason: "Error", ExitCode: 1, Message: `{"phase":"push","code":1,"error":"no"}`}
	text, err := json.Marshal(Objects([]corev1.Pod{*builderPod(corev1.PodFailed, end)}, []string{""}))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"apiVersion":"kubectl-img.dev/v1","items":[{"apiVersion":"kubectl-img.dev/v1","kind":"Build",` +
		`"metadata":{"name":"img-1","namespace":"ci","uid":"u"},` +
		`"spec":{"by":"jane@laptop","detached":true,"profile":"userns","tags":["r.example/app:1","r.example/app:2"]},` +
		`"status":{"error":"push: no","node":"n1","phase":"Failed"}}],"kind":"BuildList","metadata":{}}`
	if diff := cmp.Diff(want, string(text)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestAdopt(t *testing.T) {
	plan := Adopt(builderPod(corev1.PodRunning, nil))
	if plan.DetachGrace != 7*time.Second || !plan.Build.Push || len(plan.Tags) != 2 || plan.Tags[0].Repository != "r.example/app" || plan.Profile != podspec.UserNS {
		t.Errorf("%+v", plan)
	}
}

// TestAdoptNamesOnlyRepositories: scripts read the repository and the digest from stdout, so nothing else in an annotation must get there.
func TestAdoptNamesOnlyRepositories(t *testing.T) {
	for _, text := range []string{"r.example/app\nevil.example/app", "r.example/app:1", "r.example/app@sha256:0", "$(id)/app", "\x1b]52;c;eA==\x07", "R.example/APP", ""} {
		t.Run(text, func(t *testing.T) {
			pod := builderPod(corev1.PodRunning, nil)
			pod.Annotations[podspec.AnnotationRepository] = text
			if got := Adopt(pod).Tags[0].Repository; got != "r.example/app" {
				t.Errorf("repository %q", got)
			}
			pod.Annotations[podspec.AnnotationTags] = "r.example/app:2," + text
			want := []string{"r.example/app:2"}
			if text == "r.example/app:1" {
				want = append(want, text)
			}
			if got := Tags(pod); !cmp.Equal(got, want) {
				t.Errorf("tags %q", got)
			}
		})
	}
}

// What a pod, or whoever may change it, has written is shown as one line that controls no terminal, in every format.
func TestHostileTexts(t *testing.T) {
	hostile := "\x1b]52;c;ZXZpbA==\x07\x1b[2J\u009b31mX\u202egnp\r\nsecond"
	pod := builderPod(corev1.PodFailed, &corev1.ContainerStateTerminated{Reason: hostile, ExitCode: 1, Message: hostile})
	for _, key := range []string{podspec.AnnotationBy, podspec.AnnotationProfile, podspec.AnnotationTags} {
		pod.Annotations[key] = hostile
	}
	evicted, failed := pod.DeepCopy(), pod.DeepCopy()
	evicted.Status.Reason, evicted.Status.Message = hostile, hostile
	failed.Status.ContainerStatuses[0].State.Terminated.Message = `{"phase":"push","code":1,"error":"\u001b[2J\u202e"}`
	pods, phases := []corev1.Pod{*pod, *evicted, *failed}, []string{"", "", ""}
	check := func(format string, printer printers.ResourcePrinter, object runtime.Object) {
		var out strings.Builder
		if err := printer.PrintObj(object, &out); err != nil {
			t.Errorf("%s: %v", format, err)
		}
		if i := strings.IndexFunc(out.String(), func(r rune) bool { return r != '\n' && !cli.Printable(r) }); i >= 0 {
			t.Errorf("%s: %q", format, out.String())
		}
	}
	for _, format := range []string{"jsonpath={.items[*].status} {.items[*].spec}", "go-template={{range .items}}{{.status.error}}{{.spec.by}}{{end}}", "json", "yaml"} {
		flags := genericclioptions.NewPrintFlags("")
		*flags.OutputFormat = format
		printer, err := flags.ToPrinter()
		if err != nil {
			t.Fatal(err)
		}
		check(format, printer, Objects(pods, phases))
	}
	check("wide", printers.NewTablePrinter(printers.PrintOptions{Wide: true}), Table(pods, phases, true, time.Now()))
}
