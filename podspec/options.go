// Package podspec turns options into the builder pod, without a client, a clock or an environment.
package podspec

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// Container is the name of the one container that builds.
const Container = "builder"

// The labels and annotations that every builder pod carries; neither options nor a template can change them.
const (
	LabelManagedBy = "app.kubernetes.io/managed-by"
	LabelName      = "app.kubernetes.io/name"
	LabelComponent = "app.kubernetes.io/component"

	// ManagedBy is the value of LabelManagedBy and LabelName.
	ManagedBy = "kubectl-img"
	// Component is the value of LabelComponent.
	Component = "builder"

	// AnnotationExpiresAfter holds a Go duration, counted from creationTimestamp, after which anyone may delete the pod.
	AnnotationExpiresAfter = "kubectl-img.dev/expires-after"

	// AnnotationBy says who asked for the build, as far as the client knows: USER@HOST.
	AnnotationBy = "kubectl-img.dev/by"
	// AnnotationTags has the names the image is pushed under, comma-separated; none if it is not pushed.
	AnnotationTags = "kubectl-img.dev/tags"
	// AnnotationRepository is the first of them as the user typed it, without its tag.
	AnnotationRepository = "kubectl-img.dev/repository"
	// AnnotationProfile has the profile's name.
	AnnotationProfile = "kubectl-img.dev/profile"
	// AnnotationDetached is there if no client waits for the build.
	AnnotationDetached = "kubectl-img.dev/detached"

	// annotationDefaultContainer makes `kubectl logs` and `kubectl exec` choose the builder where sidecars are injected.
	annotationDefaultContainer = "kubectl.kubernetes.io/default-container"
)

// DefaultSeccompProfile is the path below the kubelet's seccomp directory where deploy/ installs our profile.
const DefaultSeccompProfile = "kubectl-img.json"

// Options is all that a builder pod depends on; the zero value of a field leaves it to the default or to the API server.
type Options struct {
	Name      string
	Namespace string
	Image     string
	Command   []string // the supervisor
	Env       []corev1.EnvVar

	Profile        Profile
	SeccompProfile string // path below the kubelet's seccomp directory; DefaultSeccompProfile if empty

	// HostUsers leaves profile restricted without a user namespace of its own, for clusters that have none.
	HostUsers bool

	AppArmorProfile string // loaded on the nodes, for the profiles that a Localhost profile is for; empty for the runtime's default

	Volumes          []Volume
	ServiceAccount   string
	NodeSelector     map[string]string
	Tolerations      []corev1.Toleration
	Requests         corev1.ResourceList // over the defaults
	Limits           corev1.ResourceList
	ImagePullSecrets []string
	Labels           map[string]string
	Annotations      map[string]string

	By         string   // who asked for the build
	Tags       []string // names the image is pushed under
	Repository string   // the first of them as the user typed it
	Detached   bool     // no client waits for the build

	Template []byte // YAML or JSON of a Pod or PodTemplate, merged over the rest

	Deadline time.Duration // the pod is stopped after this, whoever forgot it; rounded up to seconds
	Expiry   time.Duration // value of AnnotationExpiresAfter
}

// Volume is a directory the builder writes to: an emptyDir, or a claim if one is named; or a Secret, which it only reads.
type Volume struct {
	Name      string
	MountPath string
	Memory    bool               // emptyDir in memory: credentials never reach a disk
	SizeLimit *resource.Quantity // of the emptyDir; nil for none
	Claim     string             // name of a PersistentVolumeClaim
	Secret    string             // name of a Secret
}
