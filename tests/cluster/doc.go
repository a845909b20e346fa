// Package cluster starts and stops a real one-node Kubernetes for the demo and the tests: etcd, the control plane, a kubelet,
// containerd and two TLS registries, compiled from pinned Go modules or taken from Debian.
//
// Everything runs below one process in mount, pid and network namespaces of its own, so that killing that process ends it
// all. A veth pair leads from the host into the network namespace; the node, the API server and the registries share the
// address at its inner end, which pods reach too.
package cluster
