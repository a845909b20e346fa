package skew_test

import (
	"os"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-img/kubectl-img/tests/compat"
)

// describe returns the record of the cluster's node, without results.
func (s *server) describe(t *testing.T) compat.Record {
	t.Helper()
	version, err := s.client.Discovery().ServerVersion()
	if err != nil {
		t.Fatal(err)
	}
	nodes, err := s.client.CoreV1().Nodes().List(t.Context(), metav1.ListOptions{})
	if err != nil || len(nodes.Items) != 1 {
		t.Fatalf("%d nodes, %v", len(nodes.Items), err)
	}
	info := nodes.Items[0].Status.NodeInfo
	kernel, _, _ := strings.Cut(info.KernelVersion, "-") // the rest names a build, not a release
	return compat.Record{
		Name: "kubernetes-" + s.minor, Command: "make skew", Date: time.Now().UTC().Format(time.DateOnly),
		Kubernetes: version.GitVersion, Kubelet: info.KubeletVersion, Runtime: info.ContainerRuntimeVersion,
		Kernel: kernel, OS: info.OSImage, Architecture: info.Architecture, Cgroup: cgroup(), SecurityModule: securityModule(),
	}
}

// cgroup is the version that the cluster's node uses, which is this machine.
func cgroup() string {
	if _, err := os.Stat("/sys/fs/cgroup/cgroup.controllers"); err == nil {
		return "v2"
	}
	return "v1"
}

func securityModule() string {
	for module, path := range map[string]string{"AppArmor": "/sys/module/apparmor/parameters/enabled", "SELinux": "/sys/fs/selinux/enforce"} {
		if text, err := os.ReadFile(path); err == nil && strings.Trim(string(text), "\n0N") != "" {
			return module
		}
	}
	return "none"
}
