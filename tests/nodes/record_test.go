package nodes_test

import (
	"flag"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-img/kubectl-img/tests/compat"
)

var recordDir = flag.String("record", "", "directory for the record of what was found on the node")

// record is what the test has found.
var record compat.Record

// found adds a result.
func found(what, outcome, text string) {
	text = strings.ReplaceAll(text, shared.NodeIP, "REGISTRY")
	record.Results = append(record.Results, compat.Result{What: what, Outcome: outcome, Text: text})
}

// describe begins a record with what the node is.
func describe(t *testing.T) {
	t.Helper()
	version, err := shared.Client.Discovery().ServerVersion()
	if err != nil {
		t.Fatal(err)
	}
	info := node(t).Status.NodeInfo
	record = compat.Record{Name: nodeName(t), Date: time.Now().UTC().Format(time.DateOnly), Kubernetes: version.GitVersion}
	record.Command = "make nodes"
	if record.Name == "arm64" {
		record.Command = "make nodes-arm64"
	}
	record.Kubelet, record.Runtime, record.Kernel, record.OS = info.KubeletVersion, info.ContainerRuntimeVersion, info.KernelVersion, info.OSImage
	record.Architecture = info.Architecture
	record.Cgroup = "v1"
	if strings.TrimSpace(onNode(t, "stat -f -c %T /sys/fs/cgroup")) == "cgroup2fs" {
		record.Cgroup = "v2, " + strings.TrimSpace(onNode(t, "sed -n 's/^cgroupDriver: //p' /node/kubelet.yaml"))
	}
	record.SecurityModule = "none"
	if strings.TrimSpace(onNode(t, "cat /sys/module/apparmor/parameters/enabled")) == "Y" {
		record.SecurityModule = "AppArmor"
	}
}

// writeRecord writes the record of a whole run that has passed, if the command line asks for it.
func writeRecord(t *testing.T) {
	t.Helper()
	if *recordDir == "" || t.Failed() || testing.Short() {
		return
	}
	if err := record.Write(filepath.Join(*recordDir, record.Name+".json")); err != nil {
		t.Error(err)
	}
}
