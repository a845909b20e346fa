// Command seccomp writes the builder's seccomp profile: containerd's default profile with the additional rules of extras.yaml.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"github.com/containerd/containerd/v2/contrib/seccomp"
	"github.com/opencontainers/runtime-spec/specs-go"
	"sigs.k8s.io/yaml"
)

// extras is the content of deploy/seccomp/extras.yaml.
type extras struct {
	Architectures []specs.Arch `json:"architectures"`
	Syscalls      []rule       `json:"syscalls"`
}

type rule struct {
	specs.LinuxSyscall `json:",inline"`
	Reason             string `json:"reason"`
	Architecture       string `json:"architecture"` // the only one that has these calls; empty if all have
}

func main() {
	if len(os.Args) != 2 {
		fail(errors.New("usage: seccomp DIRECTORY"))
	}
	dir := os.Args[1]
	text, err := os.ReadFile(filepath.Join(dir, "extras.yaml"))
	if err != nil {
		fail(err)
	}
	profile, err := generate(text)
	if err != nil {
		fail(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "kubectl-img.json"), profile, 0o644); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "error:", err)
	os.Exit(1)
}

// generate returns the profile as JSON. It returns an error for a rule without a reason.
func generate(text []byte) ([]byte, error) {
	var more extras
	if err := yaml.UnmarshalStrict(text, &more); err != nil {
		return nil, fmt.Errorf("read extras.yaml: %w", err)
	}
	profile, err := defaults()
	if err != nil {
		return nil, err
	}
	profile.Architectures = append(profile.Architectures, more.Architectures...)
	for _, r := range more.Syscalls {
		if r.Reason == "" {
			return nil, fmt.Errorf("%v: no reason", r.Names)
		}
		profile.Syscalls = append(profile.Syscalls, r.LinuxSyscall)
	}
	out, err := json.MarshalIndent(profile, "", "  ")
	return append(out, '\n'), err
}

// defaults returns containerd's default profile for a container with the builder's two capabilities. It depends on the machine that
// runs this.
func defaults() (*specs.LinuxSeccomp, error) {
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		return nil, errors.New("run this on linux/amd64: extras.yaml has the rules for arm64")
	}
	return seccomp.DefaultProfile(&specs.Spec{Process: &specs.Process{Capabilities: &specs.LinuxCapabilities{
		Bounding: []string{"CAP_SETUID", "CAP_SETGID"},
	}}}), nil
}
