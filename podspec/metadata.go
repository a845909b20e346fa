package podspec

import (
	"maps"
	"strings"
)

// The labels and annotations of every builder pod. Neither options nor a template can change them.
const (
	LabelManagedBy = "app.kubernetes.io/managed-by"
	LabelName      = "app.kubernetes.io/name"
	LabelComponent = "app.kubernetes.io/component"

	// managedBy is the value of LabelManagedBy and LabelName.
	managedBy = "kubectl-img"
	// component is the value of LabelComponent.
	component = "builder"

	// AnnotationPrefix begins the name of each annotation of ours.
	AnnotationPrefix = "kubectl-img.dev/"

	// AnnotationExpiresAfter is a Go duration, counted from creationTimestamp. After it, any build or prune may delete the pod.
	AnnotationExpiresAfter = AnnotationPrefix + "expires-after"

	// AnnotationBy is who started the build, as far as the client knows: USER@HOST.
	AnnotationBy = AnnotationPrefix + "by"
	// AnnotationTags lists the references under which the image is pushed, separated by commas. It is absent if nothing is pushed.
	AnnotationTags = AnnotationPrefix + "tags"
	// AnnotationRepository is the first of AnnotationTags as the user typed it, without its tag.
	AnnotationRepository = AnnotationPrefix + "repository"
	// AnnotationProfile is the name of the profile.
	AnnotationProfile = AnnotationPrefix + "profile"
	// AnnotationDetached is set if no client waits for the build.
	AnnotationDetached = AnnotationPrefix + "detached"

	// annotationDefaultContainer makes `kubectl logs` and `kubectl exec` choose the builder in a pod with sidecars.
	annotationDefaultContainer = "kubectl.kubernetes.io/default-container"
)

func fixedLabels() map[string]string {
	return map[string]string{LabelManagedBy: managedBy, LabelName: managedBy, LabelComponent: component}
}

func (o Options) fixedAnnotations() map[string]string {
	fixed := map[string]string{
		AnnotationExpiresAfter:     o.Expiry.String(),
		AnnotationProfile:          string(o.Profile),
		annotationDefaultContainer: Container,
	}
	for name, value := range map[string]string{
		AnnotationBy: o.By, AnnotationTags: strings.Join(o.Tags, ","), AnnotationRepository: o.Repository,
	} {
		if value != "" {
			fixed[name] = value
		}
	}
	if ids := o.Profile.definition().ids; ids != "" {
		fixed[AnnotationIDs] = ids
	}
	if o.Detached {
		fixed[AnnotationDetached] = "true"
	}
	return fixed
}

// withFixed returns a copy of m in which the fixed entries replace entries of the same key.
func withFixed(m, fixed map[string]string) map[string]string {
	out := make(map[string]string, len(m)+len(fixed))
	maps.Copy(out, m)
	maps.Copy(out, fixed)
	return out
}
