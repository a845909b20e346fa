// Package podspec makes the builder pod from options. The same options always make the same pod.
package podspec

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// Container is the name of the container that builds.
const Container = "builder"

// The labels and annotations of every builder pod. Neither options nor a template can change them.
const (
	LabelManagedBy = "app.kubernetes.io/managed-by"
	LabelName      = "app.kubernetes.io/name"
	LabelComponent = "app.kubernetes.io/component"

	// ManagedBy is the value of LabelManagedBy and LabelName.
	ManagedBy = "kubectl-img"
	// Component is the value of LabelComponent.
	Component = "builder"

	// AnnotationExpiresAfter is a Go duration, counted from creationTimestamp. After it, any build or prune may delete the pod.
	AnnotationExpiresAfter = "kubectl-img.dev/expires-after"

	// AnnotationBy is who started the build, as far as the client knows: USER@HOST.
	AnnotationBy = "kubectl-img.dev/by"
	// AnnotationTags lists the references under which the image is pushed, separated by commas. It is absent if nothing is pushed.
	AnnotationTags = "kubectl-img.dev/tags"
	// AnnotationRepository is the first of AnnotationTags as the user typed it, without its tag.
	AnnotationRepository = "kubectl-img.dev/repository"
	// AnnotationProfile is the name of the profile.
	AnnotationProfile = "kubectl-img.dev/profile"
	// AnnotationDetached is set if no client waits for the build.
	AnnotationDetached = "kubectl-img.dev/detached"

	// annotationDefaultContainer makes `kubectl logs` and `kubectl exec` choose the builder in a pod with sidecars.
	annotationDefaultContainer = "kubectl.kubernetes.io/default-container"
)

// DefaultSeccompProfile is the path below the kubelet's seccomp directory at which package deploy installs the profile.
const DefaultSeccompProfile = "kubectl-img.json"

// Options is everything that a builder pod depends on. A field's zero value stands for the default, ours or the API server's.
type Options struct {
	Name      string
	Namespace string
	Image     string
	Command   []string // the supervisor
	Env       []corev1.EnvVar

	Profile        Profile
	SeccompProfile string // path below the kubelet's seccomp directory; DefaultSeccompProfile if empty

	// HostUsers omits the pod's own user namespace if the profile allows that, for clusters without user namespaces.
	HostUsers bool

	AppArmorProfile string // loaded on the nodes, for profiles that need one; the runtime's default if empty

	Volumes          []Volume
	ServiceAccount   string
	NodeSelector     map[string]string
	Tolerations      []corev1.Toleration
	Requests         corev1.ResourceList // override the defaults
	Limits           corev1.ResourceList
	ImagePullSecrets []string
	Labels           map[string]string
	Annotations      map[string]string

	By         string   // value of AnnotationBy
	Tags       []string // of AnnotationTags
	Repository string   // value of AnnotationRepository
	Detached   bool     // sets AnnotationDetached

	Template []byte // YAML or JSON of a Pod or PodTemplate that is merged over the other options

	Deadline time.Duration // after which Kubernetes stops the pod; rounded up to seconds
	Expiry   time.Duration // value of AnnotationExpiresAfter
}

// Volume is a directory in the pod. It is an emptyDir, unless Claim or Secret names something else.
type Volume struct {
	Name      string
	MountPath string
	Memory    bool               // the emptyDir is in memory, so that credentials never reach a disk
	SizeLimit *resource.Quantity // of the emptyDir; unlimited if nil
	Claim     string             // name of a PersistentVolumeClaim
	Secret    string             // name of a Secret, mounted read-only
}
