package plugin

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-img/kubectl-img/podspec"
)

// Others can change a pod's annotations: a completion shows only what is a tag.
func TestCompletionsShowTags(t *testing.T) {
	pod := corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "b", Annotations: map[string]string{podspec.AnnotationTags: "r.example/app:1,\x1b]52;c;eA==\x07\n$(id)"}}}
	if got := describe([]corev1.Pod{pod}); len(got) != 1 || got[0] != "b\tPending r.example/app:1" {
		t.Errorf("%q", got)
	}
}
