package plugin

import (
	"slices"
	"strings"
	"testing"

	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/internal/clitest"
	"github.com/kubectl-img/kubectl-img/internal/doctor"
)

// Without a cluster there is nothing to report: it is an error as for every verb.
func TestDoctorWithoutACluster(t *testing.T) {
	b := newBench(t, "KUBECTL_IMG_OUTPUT=type=tar,dest=x.tar", "KUBECTL_IMG_TAG=app", "KUBECTL_IMG_TIMEOUT=nonsense")
	if code := b.run("doctor", "-n", "ci", "--probe"); code != cli.CodeTemporary || b.Out.Len() > 0 {
		t.Errorf("exit code %d, stdout %q", code, b.Out)
	}
	clitest.CheckReport(t, b.ErrOut.String())
	if !strings.Contains(b.ErrOut.String(), "127.0.0.1:1") {
		t.Errorf("%s", b.ErrOut)
	}
}

func TestDoctorUnusable(t *testing.T) {
	for args, names := range map[string]string{
		"-o yaml":                "yaml",
		"here":                   "no argument",
		"--request cpu=lots":     "lots",
		"--seccomp-profile /x":   "--seccomp-profile",
		"--probe -t BAD":         "BAD",
		"-t app":                 "--probe",
		"-n Bad_Name":            "Bad_Name",
		"--profile userns":       "unknown flag",
		"--pod-template missing": "missing",
	} {
		t.Run(args, func(t *testing.T) {
			if said := newBench(t).unusable(t, append([]string{"doctor"}, strings.Fields(args)...)...); !strings.Contains(said, names) {
				t.Errorf("%q does not name %q", said, names)
			}
		})
	}
}

// TestDoctorPod compares what is examined with what build would create.
func TestDoctorPod(t *testing.T) {
	b := newBench(t, "KUBECTL_IMG_LIMIT=memory=1Gi")
	run := buildRunner{proc: b.Process, flags: []string{"--namespace=ci", "--node-selector=disk=ssd"}}
	pod, err := run.pod(t.Context(), "userns")
	if err != nil {
		t.Fatal(err)
	}
	plan := b.plan(t, "-t", "app", "--profile", "userns", "-n", "ci", "--node-selector", "disk=ssd")
	if pod.Namespace != "ci" || pod.Spec.NodeSelector["disk"] != "ssd" || *pod.Spec.HostUsers || pod.Spec.Containers[0].Image != plan.Pod.Spec.Containers[0].Image {
		t.Errorf("pod %+v", pod)
	}
	if !slices.Equal(pod.Spec.Containers[0].Command, plan.Pod.Spec.Containers[0].Command) {
		t.Error("the pod has another command")
	}
}

func TestDoctorHint(t *testing.T) {
	report := &doctor.Report{}
	report.Add("one", doctor.Warn, "not this", "")
	report.Add("two", doctor.Fail, "", "")
	report.Add("three", doctor.Fail, "this", "")
	if err := noProfile(report); cli.ExitCode(err) != cli.CodePolicy || cli.Hint(err) != "this" {
		t.Errorf("%v: exit code %d, hint %q", err, cli.ExitCode(err), cli.Hint(err))
	}
	report.Profiles = []string{"unset"}
	if err := noProfile(report); err != nil {
		t.Error(err)
	}
}
