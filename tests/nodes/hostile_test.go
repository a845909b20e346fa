package nodes_test

import (
	"encoding/json"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/kubectl-img/kubectl-img/tests/cluster/program"
	"github.com/kubectl-img/kubectl-img/tests/compat"
)

// attacks are the tests of package e2e whose build steps attack the builder. On a machine they run under each profile that our AppArmor profile confines.
const attacks = "TestHostileStep|TestHostileRace|TestStepThatStopsTheHelper"

// TestHostile runs the attacks on the machine. Each of them succeeds where it is expected to, so that one which fails in a build step is one that works.
func TestHostile(t *testing.T) {
	startShell(t)
	describe(t)
	cmd := exec.CommandContext(t.Context(), "go", "test", "-count=1", "-timeout=80m", "-json", "-run", attacks, "./e2e")
	cmd.Dir = ".."
	var stdout, stderr program.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	passed, output := readTests(t, stdout.String())
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, output, stderr.String())
	}
	var groups []string
	for test := range passed {
		groups = append(groups, test)
	}
	slices.Sort(groups)
	for _, group := range groups {
		slices.Sort(passed[group])
		found("hostile build steps: "+group, compat.Passes, strings.Join(passed[group], ", "))
	}
	if len(groups) == 0 {
		t.Error("no test ran")
	}
	record.Name += "-attacks"
	writeRecord(t)
}

// readTests reads what go test -json prints: the tests without subtests that passed, by the name of their parent, and what all of them printed.
func readTests(t *testing.T, lines string) (passed map[string][]string, output string) {
	t.Helper()
	passed = map[string][]string{}
	var all []string
	var printed strings.Builder
	for line := range strings.Lines(lines) {
		var event struct{ Action, Test, Output string }
		if err := json.Unmarshal([]byte(line), &event); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		printed.WriteString(event.Output)
		if event.Action == "pass" && event.Test != "" {
			all = append(all, event.Test)
		}
	}
	for _, test := range all {
		hasSubtests := slices.ContainsFunc(all, func(other string) bool { return strings.HasPrefix(other, test+"/") })
		if group, name := path.Split(test); !hasSubtests {
			group = strings.ReplaceAll(strings.TrimSuffix(group, "/"), "_", " ")
			passed[group] = append(passed[group], strings.ReplaceAll(name, "_", " "))
		}
	}
	return passed, printed.String()
}
