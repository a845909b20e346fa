package plugin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/pflag"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-img/kubectl-img/internal/builder"
	"github.com/kubectl-img/kubectl-img/internal/doctor"
	"github.com/kubectl-img/kubectl-img/podspec"
)

// emptyImage is built from nothing, so that no registry but the one that is pushed to has a say.
const emptyImage = "FROM scratch\nCOPY Dockerfile /\n"

// buildRunner runs `kubectl img build` in this process, so that what is examined is what a build does.
type buildRunner struct {
	process
	flags []string // the user's
	tag   string   // pushed to; empty for nowhere
}

// pod is what a build with the profile would create.
func (b buildRunner) pod(ctx context.Context, profile podspec.Profile) (*corev1.Pod, error) {
	out, err := b.run(ctx, profile, "--push=false", "--dry-run=json")
	if err != nil {
		return nil, err
	}
	pod := &corev1.Pod{}
	return pod, json.Unmarshal(out, pod)
}

// probe builds with each profile that the report has left, and takes out of it those with which nothing was built. The first
// error is a registry's.
func (b buildRunner) probe(ctx context.Context, report *doctor.Report) (refused, err error) {
	candidates := report.Profiles
	report.Profiles = []string{}
	for _, profile := range candidates {
		err := b.try(ctx, podspec.Profile(profile))
		var missing *builder.StartError
		switch {
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case err == nil:
			report.Profiles = append(report.Profiles, profile)
			report.Add("probe "+profile, doctor.OK, "", "%s", b.did())
		case codeOf(err) == codeRegistry:
			// The pod did what it could; the other profiles are tried without a push.
			report.Profiles = append(report.Profiles, profile)
			report.Add("probe "+profile, doctor.OK, "", "an image was built in a pod")
			report.Add("registry", doctor.Fail, hintOf(err), "%s", lineOf(err))
			refused, b.tag = err, ""
		case errors.As(err, &missing) && missing.Reason == "CreateContainerError":
			report.Add("probe "+profile, doctor.Fail, "kubectl img setup --profiles | kubectl apply -f -", "%s", lineOf(err))
		default:
			report.Add("probe "+profile, doctor.Fail, hintOf(err), "%s", lineOf(err))
		}
	}
	return refused, nil
}

// did says what a probe that succeeded has shown.
func (b buildRunner) did() string {
	if b.tag != "" {
		return "an image was built in a pod and pushed from there"
	}
	return "an image was built in a pod"
}

func (b buildRunner) try(ctx context.Context, profile podspec.Profile) error {
	_, err := b.run(ctx, profile, fmt.Sprintf("--push=%t", b.tag != ""), "--no-cache", "--timeout=3m", "--pod-timeout=90s")
	return err
}

// run has stdout returned and stderr dropped: the error says what went wrong.
func (b buildRunner) run(ctx context.Context, profile podspec.Profile, args ...string) ([]byte, error) {
	dir, err := os.MkdirTemp("", "kubectl-img-")
	if err != nil {
		return nil, fmt.Errorf("make a build context: %w", err)
	}
	defer os.RemoveAll(dir)
	if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte(emptyImage), 0o644); err != nil {
		return nil, fmt.Errorf("make a build context: %w", err)
	}
	var out bytes.Buffer
	p := b.process
	p.streams = genericiooptions.IOStreams{In: strings.NewReader(""), Out: &out, ErrOut: io.Discard}
	p.env = slices.DeleteFunc(slices.Clone(p.env), ofBuildOnly)
	if b.tag != "" {
		args = append(args, "--tag="+b.tag)
	}
	cmd := newRootCommand(p, (*Plan).carryOut)
	cmd.SetArgs(slices.Concat([]string{"build", "--quiet", "--profile=" + string(profile)}, args, b.flags, []string{dir}))
	err = cmd.ExecuteContext(ctx)
	return out.Bytes(), err
}

// ofBuildOnly tells whether a KEY=VALUE is a setting of build that doctor does not share.
func ofBuildOnly(pair string) bool {
	key, _, _ := strings.Cut(pair, "=")
	return strings.HasPrefix(key, environmentPrefix) && !strings.HasPrefix(key, testsPrefix)
}

// arguments spells the flags that were set.
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
