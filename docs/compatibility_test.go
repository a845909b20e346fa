package docs_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite docs/compatibility.md")

// run is what one run of tests found on one node. A test run writes it; package compat of tests has the type.
type run struct {
	Name           string   `json:"name"`
	Command        string   `json:"command"`
	Date           string   `json:"date"`
	Kubernetes     string   `json:"kubernetes"`
	Kubelet        string   `json:"kubelet"`
	Runtime        string   `json:"runtime"`
	Kernel         string   `json:"kernel"`
	OS             string   `json:"os"`
	Architecture   string   `json:"architecture"`
	Cgroup         string   `json:"cgroup"`
	SecurityModule string   `json:"securityModule"`
	Results        []result `json:"results"`
}

type result struct {
	What    string `json:"what"`
	Outcome string `json:"outcome"` // builds, works, passes, refused or fails
	Text    string `json:"text"`
}

// readRuns reads every record, in the order of the files' names.
func readRuns(t *testing.T) []run {
	t.Helper()
	files, err := filepath.Glob("compatibility/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("found no records: %v", err)
	}
	var runs []run
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var r run
		decoder := json.NewDecoder(bytes.NewReader(data))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&r); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if r.Name+".json" != filepath.Base(file) || len(r.Results) == 0 {
			t.Errorf("%s: name %q, %d results", file, r.Name, len(r.Results))
		}
		runs = append(runs, r)
	}
	return runs
}

// TestCompatibility checks that docs/compatibility.md is what the records say.
func TestCompatibility(t *testing.T) {
	const path = "compatibility.md"
	want := compatibilityPage(readRuns(t))
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(string(page), "\n")); diff != "" {
		t.Errorf("docs/compatibility.md is stale, run make update-docs (-want +got):\n%s", diff)
	}
}

// TestCompatibilityNotRun checks that what a record has run is not listed as not run, and the other way round.
func TestCompatibilityNotRun(t *testing.T) {
	plain := run{Kubernetes: "v1.37.2", Runtime: "containerd://2.4.2", Kernel: "6.18", Architecture: "amd64", Cgroup: "v1", SecurityModule: "none"}
	other := run{Kubernetes: "v1.37.2", Runtime: "cri-o://1.37.0", Kernel: "6.1", Architecture: "arm64", Cgroup: "v2, systemd", SecurityModule: "AppArmor"}
	for _, line := range []string{"CRI-O: ", "arm64 nodes\n", "cgroup v2\n", "nodes with AppArmor\n", "a kernel before 6.3"} {
		if !strings.Contains(compatibilityPage([]run{plain}), "\n* "+line) {
			t.Errorf("%s has not been run, and the page does not say so", line)
		}
		if strings.Contains(compatibilityPage([]run{plain, other}), "\n* "+line) {
			t.Errorf("%s has been run, and the page says that it has not", line)
		}
	}
}
