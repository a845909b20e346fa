package builds

import (
	"errors"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/duration"

	"github.com/kubectl-img/kubectl-img/internal/builder"
	"github.com/kubectl-img/kubectl-img/internal/session"
	"github.com/kubectl-img/kubectl-img/podspec"
)

// listVersion is the API version of what ls -o json prints. Fields may be added; none is removed.
const listVersion = "kubectl-img.dev/v1"

// Objects returns builds in the form of a Kubernetes list.
func Objects(pods []corev1.Pod, phases []string) *unstructured.UnstructuredList {
	list := &unstructured.UnstructuredList{Object: map[string]any{"apiVersion": listVersion, "kind": "BuildList", "metadata": map[string]any{}}}
	for i := range pods {
		list.Items = append(list.Items, object(&pods[i], phases[i]))
	}
	return list
}

func object(pod *corev1.Pod, phase string) unstructured.Unstructured {
	names := []any{}
	for _, tag := range Tags(pod) {
		names = append(names, tag)
	}
	build := unstructured.Unstructured{Object: map[string]any{
		"apiVersion": listVersion, "kind": "Build",
		"spec": map[string]any{
			"tags": names, "profile": annotation(pod, podspec.AnnotationProfile), "by": annotation(pod, podspec.AnnotationBy),
			"detached": pod.Annotations[podspec.AnnotationDetached] != "",
		},
		"status": objectStatus(pod, phase),
	}}
	build.SetName(pod.Name)
	build.SetNamespace(pod.Namespace)
	build.SetUID(pod.UID)
	build.SetCreationTimestamp(pod.CreationTimestamp)
	return build
}

func objectStatus(pod *corev1.Pod, phase string) map[string]any {
	out := map[string]any{"phase": Status(pod, phase), "node": pod.Spec.NodeName}
	end := builder.End(pod, podspec.Container)
	if end == nil {
		return out
	}
	result, err := session.ParseResult(end.Message)
	var failed *session.JobError
	switch {
	case errors.As(err, &failed):
		out["error"] = failed.Error()
	case err != nil:
		out["error"] = end.Error()
	default:
		out["digest"] = result.Digest
	}
	return out
}

// Table returns builds in the form in which kubectl prints pods. Now is the API server's time.
func Table(pods []corev1.Pod, phases []string, withNamespace bool, now time.Time) *metav1.Table {
	const wide = 1
	table := &metav1.Table{ColumnDefinitions: []metav1.TableColumnDefinition{
		{Name: "Name"}, {Name: "Status"}, {Name: "Age"}, {Name: "Image"}, {Name: "By", Priority: wide}, {Name: "Profile", Priority: wide}, {Name: "Node", Priority: wide},
	}}
	if withNamespace {
		table.ColumnDefinitions = append([]metav1.TableColumnDefinition{{Name: "Namespace"}}, table.ColumnDefinitions...)
	}
	for i := range pods {
		pod := &pods[i]
		cells := []any{
			pod.Name, Status(pod, phases[i]), duration.HumanDuration(now.Sub(pod.CreationTimestamp.Time)), orNone(strings.Join(Tags(pod), ",")),
			orNone(annotation(pod, podspec.AnnotationBy)), orNone(annotation(pod, podspec.AnnotationProfile)), orNone(pod.Spec.NodeName),
		}
		if withNamespace {
			cells = append([]any{pod.Namespace}, cells...)
		}
		table.Rows = append(table.Rows, metav1.TableRow{Cells: cells})
	}
	return table
}

func orNone(text string) string {
	if text == "" {
		return "<none>"
	}
	return text
}
