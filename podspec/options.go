// Package podspec makes the builder pod from options. The same options always make the same pod.
package podspec

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// Container is the name of the container that builds.
const Container = "builder"

// Options is everything that a builder pod depends on. A field's zero value stands for the default, ours or the API server's.
type Options struct {
	Name      string
	Namespace string
	Image     string
	Command   []string // the supervisor
	// StepCommands are the main processes of the containers for build steps, one each. Only a profile that separates steps has such containers.
	StepCommands [][]string
	Env          []corev1.EnvVar
	// Hosts are HOST=IP, for build steps in containers of their own: those have the pod's /etc/hosts.
	Hosts []string

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

	Annotation string // of the pod, whose value is a read-only file at MountPath and AlsoAt
	AlsoAt     string
}
