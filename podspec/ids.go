package podspec

// AnnotationIDs holds the ids that can own files besides the builder's own, as lines of /etc/subuid. The pod has it as /etc/subuid and /etc/subgid,
// so that those of the builder image do not matter.
const AnnotationIDs = "kubectl-img.dev/subordinate-ids"

// Each of these makes the ids 0 to 65534, with the builder's own id as root.
const (
	// podIDs are the others of a user namespace that Kubernetes gives a pod, except 0, which can't be mapped.
	podIDs = "1000:1001:64535\n1000:1:999\n"
	// nodeIDs are far from those of a node's users and services, and from those that kubelets give to pods.
	nodeIDs = "1000:2147000000:65534\n"
)
