// Package cluster starts and stops a real one-node Kubernetes for the demo and the tests: etcd, the control plane, a kubelet, containerd and two
// registries with TLS. They are compiled from pinned Go modules or come from Debian.
//
// All of them run below one process in new mount, pid and network namespaces: killing that process ends everything. A veth pair leads from the host
// into the network namespace. The node, the API server and the registries have the address at its inner end, which pods can reach, too.
package cluster
