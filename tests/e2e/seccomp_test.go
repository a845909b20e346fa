package e2e_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
	"sigs.k8s.io/yaml"
)

// seccompProfile has the fields of a seccomp profile that the tests change.
type seccompProfile struct {
	DefaultAction string        `json:"defaultAction"`
	Architectures []string      `json:"architectures"`
	Syscalls      []seccompRule `json:"syscalls"`
}

type seccompRule struct {
	Names    []string     `json:"names"`
	Action   string       `json:"action"`
	ErrnoRet *uint        `json:"errnoRet,omitempty"`
	Args     []seccompArg `json:"args,omitempty"`

	Architecture string `json:"architecture,omitempty"` // in extras.yaml: the only architecture with the system call
}

type seccompArg struct {
	Index    uint   `json:"index"`
	Value    uint64 `json:"value"`
	ValueTwo uint64 `json:"valueTwo"`
	Op       string `json:"op"`
}

// namespaceFlags are the kinds of namespaces that a build makes.
func namespaceFlags() map[string]uint64 {
	return map[string]uint64{
		"CLONE_NEWUSER": unix.CLONE_NEWUSER, "CLONE_NEWNS": unix.CLONE_NEWNS, "CLONE_NEWUTS": unix.CLONE_NEWUTS,
		"CLONE_NEWIPC": unix.CLONE_NEWIPC, "CLONE_NEWPID": unix.CLONE_NEWPID,
	}
}

// TestSeccompProfile removes each rule that the runtime's default profile does not have, and denies each kind of namespace that unshare may make. The
// build must fail every time: a rule that the build does not need must not be in the profile.
func TestSeccompProfile(t *testing.T) {
	t.Parallel()
	ns := namespace(t, baseline)
	profile := readProfile(t, "kubectl-img.json")
	// Without the isolation of its processes, the step is not the first process of a pid namespace, and fails.
	dir := only(t, shell("RUN [ $$ = 1 ] && mkdir /r && cp /bin/busybox /r && chroot /r /busybox true"))
	try := func(t *testing.T, rules []seccompRule) result {
		t.Helper()
		name := plantProfile(t, seccompProfile{profile.DefaultAction, profile.Architectures, rules})
		return build(ns, "-t", repository(ns), "--no-cache", "--profile", "userns", "--seccomp-profile", name, dir).run(t)
	}
	t.Run("all rules", func(t *testing.T) { try(t, profile.Syscalls).succeeds(t) })
	for _, extra := range readProfile(t, "extras.yaml").Syscalls {
		if extra.Architecture != "" {
			continue // the kernel of an x86 machine does not have the system call
		}
		t.Run("without "+strings.Join(extra.Names, ","), func(t *testing.T) {
			t.Parallel()
			rest := slices.DeleteFunc(slices.Clone(profile.Syscalls), func(r seccompRule) bool { return cmp.Equal(r, extra) })
			if len(rest) != len(profile.Syscalls)-1 {
				t.Fatalf("%d of %d rules are left", len(rest), len(profile.Syscalls))
			}
			mustNotBuild(t, try(t, rest))
		})
	}
	for flag, bit := range namespaceFlags() {
		t.Run("without "+flag, func(t *testing.T) {
			t.Parallel()
			mustNotBuild(t, try(t, withoutNamespace(t, profile.Syscalls, bit)))
		})
	}
}

// mustNotBuild expects a build that failed. A pod that did not start, because the profile can't be loaded, proves nothing.
func mustNotBuild(t *testing.T, r result) {
	t.Helper()
	engine := strings.Contains(r.stderr, "the seccomp profile of the pod denies")
	if r.code != codeBuild && !engine {
		t.Errorf("exit code %d: the rule is not needed, or something else went wrong:\n%s", r.code, r.stderr)
	}
}

// withoutNamespace returns the rules with one more flag that unshare may not have.
func withoutNamespace(t *testing.T, rules []seccompRule, flag uint64) []seccompRule {
	t.Helper()
	rules = slices.Clone(rules)
	i := slices.IndexFunc(rules, func(r seccompRule) bool { return slices.Equal(r.Names, []string{"unshare"}) })
	if i < 0 || len(rules[i].Args) != 1 {
		t.Fatal("the profile has no rule for unshare and its flags")
	}
	arg := rules[i].Args[0]
	arg.Value |= flag
	rules[i].Args = []seccompArg{arg}
	return rules
}

func readProfile(t *testing.T, name string) (profile seccompProfile) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "deploy", "seccomp", name))
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(data, &profile); err != nil {
		t.Fatal(err)
	}
	return profile
}

// seccompDir is the directory in which the kubelet of this machine, the node, looks for profiles.
func seccompDir() string { return filepath.Join(shared.Dir, "kubelet", "seccomp") }

// plantProfile adds a profile to the node until the end of the test, and returns its name.
func plantProfile(t *testing.T, profile seccompProfile) string {
	t.Helper()
	data, err := json.Marshal(profile)
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.CreateTemp(seccompDir(), "test-*.json")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Remove(file.Name()) })
	if _, err := file.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	return filepath.Base(file.Name())
}

// keepProfileFile returns the path and the content of the builder's profile on the node, and restores it at the end of the test. The installer removes
// the file when it ends, so a test must call removeAndWait after this.
func keepProfileFile(t *testing.T) (file string, content []byte) {
	t.Helper()
	file = filepath.Join(seccompDir(), "kubectl-img.json")
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { write(t, file, string(content)) })
	return file, content
}
