package plugin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/pflag"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-img/kubectl-img/internal/builder"
	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/internal/doctor"
	"github.com/kubectl-img/kubectl-img/internal/explain"
	"github.com/kubectl-img/kubectl-img/podspec"
)

// emptyImage has no base image, so that only the registry of the push can fail.
const emptyImage = "FROM scratch\nCOPY Dockerfile /\n"

// buildRunner runs `kubectl img build` in this process, so that doctor examines what a build does.
type buildRunner struct {
	proc  cli.Process
	flags []string // the user's
	tag   string   // pushed to; empty for nowhere
}

// pod is what a build with the profile would create.
func (b buildRunner) pod(ctx context.Context, profile podspec.Profile) (*corev1.Pod, error) {
	out, _, err := b.run(ctx, profile, "--push=false", "--dry-run=json")
	if err != nil {
		return nil, err
	}
	pod := &corev1.Pod{}
	return pod, json.Unmarshal(out, pod)
}

// probe builds with each profile in the report, and removes the profiles with which the build fails. Rejected is a registry's error.
func (b buildRunner) probe(ctx context.Context, report *doctor.Report) (rejected, err error) {
	candidates := report.Profiles
	report.Profiles = []string{}
	for _, profile := range candidates {
		warnings, err := b.try(ctx, podspec.Profile(profile))
		err = explain.API(err)
		for _, warning := range warnings {
			report.Add("probe "+profile, doctor.Warn, "", "%s", warning)
		}
		refusal, _ := explain.Isolation(err)
		switch {
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case err == nil:
			report.Profiles = append(report.Profiles, profile)
			report.Add("probe "+profile, doctor.OK, "", "%s", b.did())
		case cli.ExitCode(err) == cli.CodeRegistry:
			// The pod has built; the other profiles are tried without a push.
			report.Profiles = append(report.Profiles, profile)
			report.Add("probe "+profile, doctor.OK, "", "an image was built in a pod")
			report.Add("registry", doctor.Fail, cli.Hint(err), "%s", err.Error())
			rejected, b.tag = err, ""
		case errors.As(err, new(*builder.StartError)) && refusal.Control == podspec.Seccomp:
			report.Add("probe "+profile, doctor.Fail, "kubectl img setup --profiles | kubectl apply -f -", "%s", err.Error())
		default:
			report.Add("probe "+profile, doctor.Fail, cli.Hint(err), "%s", err.Error())
		}
	}
	return rejected, nil
}

// did describes a successful probe.
func (b buildRunner) did() string {
	if b.tag != "" {
		return "an image was built in a pod and pushed from there"
	}
	return "an image was built in a pod"
}

// try builds, and returns the build's warnings.
func (b buildRunner) try(ctx context.Context, profile podspec.Profile) ([]string, error) {
	_, logged, err := b.run(ctx, profile, fmt.Sprintf("--push=%t", b.tag != ""), "--no-cache", "--timeout=3m", "--pod-timeout=90s")
	var warnings []string
	for line := range strings.Lines(logged) {
		if text, ok := strings.CutPrefix(line, "warning: "); ok {
			warnings = append(warnings, strings.TrimSpace(text))
		}
	}
	return warnings, err
}

// run returns stdout and stderr. The error says what failed.
func (b buildRunner) run(ctx context.Context, profile podspec.Profile, args ...string) (out []byte, logged string, err error) {
	dir, err := os.MkdirTemp("", "kubectl-img-")
	if err != nil {
		return nil, "", fmt.Errorf("make a build context: %w", err)
	}
	defer os.RemoveAll(dir)
	if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte(emptyImage), 0o644); err != nil {
		return nil, "", fmt.Errorf("make a build context: %w", err)
	}
	var stdout, stderr bytes.Buffer
	p := b.proc
	p.Streams = genericiooptions.IOStreams{In: strings.NewReader(""), Out: &stdout, ErrOut: &stderr}
	p.Env = p.Env.WithoutSettings()
	if b.tag != "" {
		args = append(args, "--tag="+b.tag)
	}
	config := genericclioptions.NewConfigFlags(true)
	cmd := newBuildCommand(p, config)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	config.AddFlags(cmd.Flags())
	cmd.SetArgs(slices.Concat([]string{"--quiet", "--profile=" + string(profile)}, args, b.flags, []string{dir}))
	err = cmd.ExecuteContext(ctx)
	return stdout.Bytes(), stderr.String(), err
}

// arguments returns the flags that were set, as a command line.
func arguments(flags *pflag.FlagSet) []string {
	var args []string
	flags.VisitAll(func(f *pflag.Flag) {
		if !f.Changed {
			return
		}
		values := []string{f.Value.String()}
		if repeatable, ok := f.Value.(pflag.SliceValue); ok {
			values = repeatable.GetSlice()
		}
		for _, v := range values {
			args = append(args, "--"+f.Name+"="+v)
		}
	})
	return args
}
