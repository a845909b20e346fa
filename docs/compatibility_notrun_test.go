package docs_test

import "strings"

// place is where the plugin is used, and whether a run was there.
type place struct {
	name string
	ran  func(run) bool
}

// notRun lists where users are or may be. A record of a run there takes the line off the page.
func notRun() []place {
	never := func(run) bool { return false }
	return []place{
		{"nodes with AppArmor", func(r run) bool { return r.SecurityModule == "AppArmor" }},
		{"nodes with SELinux", func(r run) bool { return r.SecurityModule == "SELinux" }},
		{"cgroup v2", func(r run) bool { return strings.HasPrefix(r.Cgroup, "v2") }},
		{"cgroup v1", func(r run) bool { return strings.HasPrefix(r.Cgroup, "v1") }},
		{"arm64 nodes", func(r run) bool { return r.Architecture == "arm64" }},
		{"a kernel before 6.3, which has no id-mapped mounts of tmpfs", func(r run) bool {
			return strings.HasPrefix(r.Kernel, "5.") || strings.HasPrefix(r.Kernel, "6.1.") || strings.HasPrefix(r.Kernel, "6.1-") || r.Kernel == "6.1"
		}},
		{"CRI-O: 1.34.0 compiles from its Go module, and the tests have a machine with it, `KUBECTL_IMG_TESTS_NODES=crio make cluster-up`; nothing has been built there", func(r run) bool { return strings.HasPrefix(r.Runtime, "cri-o") }},
		{"gVisor, Kata Containers", never},
		{"a kubelet older than its API server", func(r run) bool { return minorOf(r.Kubelet) != minorOf(r.Kubernetes) }},
		{"Ubuntu's `kernel.apparmor_restrict_unprivileged_userns`", never},
		{"Container-Optimized OS, Bottlerocket, Flatcar, Talos", never},
		{"GKE, GKE Autopilot, EKS, AKS, OpenShift", never},
	}
}

// minorOf returns v1.30 for v1.30.14.
func minorOf(version string) string { return version[:max(0, strings.LastIndexByte(version, '.'))] }
