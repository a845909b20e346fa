package plugin

import (
	"errors"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubectl-img/kubectl-img/internal/builder"
	"github.com/kubectl-img/kubectl-img/internal/session"
	"github.com/kubectl-img/kubectl-img/podspec"
)

// buildVersion is the version of what ls -o json prints; a field may be added to it, and none is removed.
const buildVersion = "kubectl-img.dev/v1"

// buildList is builds in the form of a list of Kubernetes.
func buildList(pods []corev1.Pod, phases []string) *unstructured.UnstructuredList {
	list := &unstructured.UnstructuredList{Object: map[string]any{"apiVersion": buildVersion, "kind": "BuildList", "metadata": map[string]any{}}}
	for i := range pods {
		list.Items = append(list.Items, buildObject(&pods[i], phases[i]))
	}
	return list
}

func buildObject(pod *corev1.Pod, phase string) unstructured.Unstructured {
	tags := []any{}
	for _, tag := range tagsOf(pod) {
		tags = append(tags, tag)
	}
	build := unstructured.Unstructured{Object: map[string]any{
		"apiVersion": buildVersion, "kind": "Build",
		"spec": map[string]any{
			"tags": tags, "profile": pod.Annotations[podspec.AnnotationProfile], "by": pod.Annotations[podspec.AnnotationBy],
			"detached": pod.Annotations[podspec.AnnotationDetached] != "",
		},
		"status": buildStatus(pod, phase),
	}}
	build.SetName(pod.Name)
	build.SetNamespace(pod.Namespace)
	build.SetUID(pod.UID)
	build.SetCreationTimestamp(pod.CreationTimestamp)
	return build
}

func buildStatus(pod *corev1.Pod, phase string) map[string]any {
	out := map[string]any{"phase": status(pod, phase), "node": pod.Spec.NodeName}
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
