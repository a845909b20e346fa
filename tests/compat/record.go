// Package compat records what a test run found on a node, for docs/compatibility.md.
package compat

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
)

// The outcomes of a Result.
const (
	Builds  = "builds"  // an image was built and pushed
	Refused = "refused" // the cluster or the node rejected it, and the error names the reason
	Fails   = "fails"
	Works   = "works"  // of a verb that builds nothing
	Passes  = "passes" // of a test of another package
)

// Record is what one test run found on one node.
type Record struct {
	Name           string   `json:"name"`    // of the node in the tests
	Command        string   `json:"command"` // that repeats the run
	Date           string   `json:"date"`    // of the run, as 2006-01-02
	Kubernetes     string   `json:"kubernetes"`
	Kubelet        string   `json:"kubelet"`
	Runtime        string   `json:"runtime"`
	Kernel         string   `json:"kernel"`
	OS             string   `json:"os"`
	Architecture   string   `json:"architecture"`
	Cgroup         string   `json:"cgroup"`
	SecurityModule string   `json:"securityModule"`
	Results        []Result `json:"results"`
}

// Result is what the run found about one subject.
type Result struct {
	What    string `json:"what"`
	Outcome string `json:"outcome"`
	Text    string `json:"text"` // one line
}

// Write writes the record as JSON.
func (r Record) Write(path string) error {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(r); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, out.Bytes(), 0o644)
}
