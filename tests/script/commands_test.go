package script

import (
	"errors"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

const usageCode = "2"

// refuses CODE REGEXP PROGRAM ARGS... runs a program that must exit with CODE. Its stdout must be empty, and its stderr must have an error line that
// matches REGEXP, at most one hint, and nothing else but warnings. With the code for wrong usage, the cluster must not get a request.
func refuses(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: refuses CODE REGEXP PROGRAM ARGS...")
	}
	err := ts.Exec(args[2], args[3:]...)
	var exit *exec.ExitError
	if !errors.As(err, &exit) || strconv.Itoa(exit.ExitCode()) != args[0] {
		ts.Fatalf("exited with %v, want code %s", err, args[0])
	}
	if stdout := ts.ReadFile("stdout"); stdout != "" {
		ts.Fatalf("stdout is not empty: %q", stdout)
	}
	lines := strings.Split(strings.TrimSuffix(ts.ReadFile("stderr"), "\n"), "\n")
	lines = slices.DeleteFunc(lines, func(line string) bool { return strings.HasPrefix(line, "warning: ") })
	if len(lines) == 0 || !strings.HasPrefix(lines[0], "error: ") {
		ts.Fatalf("no error line")
	}
	if !regexp.MustCompile(args[1]).MatchString(lines[0]) {
		ts.Fatalf("the error line does not match %q", args[1])
	}
	if len(lines) > 2 || len(lines) == 2 && !strings.HasPrefix(lines[1], "hint: ") {
		ts.Fatalf("more than an error line and a hint")
	}
	if args[0] == usageCode {
		untouched(ts)
	}
}

// pod FILE writes the pod that the last command printed to FILE, always as YAML. It replaces the supervisor, which has other tests, and the name of
// this machine. The cluster must not have got a request.
func pod(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: pod FILE")
	}
	var p corev1.Pod
	ts.Check(yaml.UnmarshalStrict([]byte(ts.ReadFile("stdout")), &p))
	command := p.Spec.Containers[0].Command
	if len(command) == 0 || !strings.Contains(command[len(command)-1], "supervise") {
		ts.Fatalf("the pod does not run the supervisor: %q", command)
	}
	p.Spec.Containers[0].Command = []string{"(supervisor)"}
	if host, err := os.Hostname(); err != nil || p.Annotations["kubectl-img.dev/by"] != "jane@"+host {
		ts.Fatalf("the pod does not belong to jane@%s: %q, %v", host, p.Annotations["kubectl-img.dev/by"], err)
	}
	p.Annotations["kubectl-img.dev/by"] = "(jane)"
	data, err := yaml.Marshal(p)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), data, 0o600))
	untouched(ts)
}

// impatient DURATION PROGRAM ARGS... runs a program that must succeed within DURATION.
func impatient(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: impatient DURATION PROGRAM ARGS...")
	}
	limit, err := time.ParseDuration(args[0])
	ts.Check(err)
	start := time.Now()
	ts.Check(ts.Exec(args[1], args[2:]...))
	if took := time.Since(start); took > limit {
		ts.Fatalf("took %s", took)
	}
}

// flags NAME... looks for each flag in the help text that the last command printed.
func flags(ts *testscript.TestScript, neg bool, args []string) {
	help := ts.ReadFile("stdout")
	for _, name := range args {
		found := regexp.MustCompile(`(?m)^ +(-\w, )?--` + regexp.QuoteMeta(name) + `[ \[]`).MatchString(help)
		if found == neg {
			ts.Fatalf("flag --%s is in the help text: %v", name, found)
		}
	}
}
