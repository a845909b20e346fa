package buildflags

import (
	"errors"
	"slices"
	"time"

	"github.com/spf13/pflag"

	"github.com/kubectl-img/kubectl-img/internal/build"
	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/internal/complete"
	"github.com/kubectl-img/kubectl-img/internal/progress"
)

// maxTimeout is far below where a sum of time limits would overflow, and where Kubernetes rejects a deadline.
const maxTimeout = 365 * 24 * time.Hour

// runFlags say how the run goes and what it shows.
type runFlags struct {
	*input

	timeout     time.Duration
	podTimeout  time.Duration
	detachGrace time.Duration
	keep        bool
	detach      bool
	dryRun      string
	progress    string
	quiet       bool
	verbose     bool
}

func (f *runFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&f.progress, "progress", string(progress.Auto), "Output `MODE`: auto, plain, steps for one line per step, or quiet")
	flags.BoolVarP(&f.quiet, "quiet", "q", false, "Show nothing but errors and the digest")
	flags.DurationVar(&f.timeout, "timeout", time.Hour, "Time limit `DURATION` of the whole run")
	flags.DurationVar(&f.podTimeout, "pod-timeout", 5*time.Minute, "Time limit `DURATION` for the pod to start")
	flags.DurationVar(&f.detachGrace, "detach-grace", time.Minute, "`DURATION` for which the pod waits for a client that is gone")
	flags.BoolVar(&f.detach, "detach", false, "Return once the pod has the context; see attach")
	flags.BoolVar(&f.keep, "keep", false, "Do not delete the pod")
	flags.StringVar(&f.dryRun, "dry-run", "", "Only print the pod, in `FORMAT` yaml or json")
	flags.Lookup("dry-run").NoOptDefVal = build.DryRunYAML
	flags.BoolVarP(&f.verbose, "verbose", "v", false, "Show what is done, on stderr")
}

func completeRun() complete.Table {
	var modes []string
	for _, mode := range progress.Modes() {
		modes = append(modes, string(mode))
	}
	return complete.Table{
		"progress": complete.Words(modes...), "timeout": complete.Nothing, "pod-timeout": complete.Nothing, "detach-grace": complete.Nothing,
		"dry-run": complete.Words(build.DryRunYAML, build.DryRunJSON),
	}
}

// unsupportedRun lists docker's flags about the run.
func unsupportedRun() []unsupportedFlag {
	const noServer = "configures a buildx server, and there is none: every build has a pod of its own"
	return []unsupportedFlag{
		{"builder", "", "chooses a buildx instance, and there is none: every build has a pod of its own", "--context for the cluster, --image for the builder image"},
		{"debug", "D", "starts buildx's debugger or log; neither is here", "--verbose, and --keep to look into the pod"},
		{"force-rm", "", "is about containers that a daemon keeps; the whole pod is always deleted", "leave it out"},
		{"on", "", "sets a breakpoint of buildx's debugger, which is not here", "--keep, then kubectl exec"},
		{"rm", "", "is about containers that a daemon keeps; the whole pod is always deleted", "--keep keeps the pod"},
		{"root", "", noServer, "leave it out"},
		{"server-config", "", noServer, "leave it out"},
	}
}

func (f *runFlags) read(plan *build.Plan) error {
	plan.Keep, plan.Detach, plan.Verbose = f.keep, f.detach, f.verbose
	switch f.dryRun {
	case "", build.DryRunYAML, build.DryRunJSON:
		plan.DryRun = f.dryRun
	default:
		return f.invalid("dry-run", f.dryRun, errors.New("want yaml or json"))
	}
	var err error
	if plan.Progress, err = f.readProgress(); err != nil {
		return err
	}
	return f.readTimeouts(plan)
}

func (f *runFlags) readProgress() (progress.Mode, error) {
	mode := progress.Mode(f.progress)
	switch {
	case slices.Contains(progress.Modes(), mode):
	case f.progress == "tty" || f.progress == "rawjson":
		return "", f.invalid("progress", f.progress, errors.New(build.Abilities().Name+" prints plain lines only: want auto, plain, steps or quiet"))
	default:
		return "", f.invalid("progress", f.progress, errors.New("want auto, plain, steps or quiet"))
	}
	shows := mode == progress.Plain || mode == progress.Steps
	switch {
	case !f.quiet, mode == progress.Quiet:
		return mode, nil
	case shows && f.fromEnv["progress"] == f.fromEnv["quiet"]:
		return "", cli.Usagef("%s and %s=%s contradict each other", f.source("quiet"), f.source("progress"), mode).WithHint("leave one out")
	case shows && f.fromEnv["quiet"]:
		return mode, nil
	default:
		return progress.Quiet, nil
	}
}

func (f *runFlags) readTimeouts(plan *build.Plan) error {
	for _, limit := range []struct {
		flag  string
		value time.Duration
	}{{"timeout", f.timeout}, {"pod-timeout", f.podTimeout}, {"detach-grace", f.detachGrace}} {
		if limit.value <= 0 {
			return f.invalid(limit.flag, limit.value.String(), errors.New("want more than 0"))
		}
		if limit.value > maxTimeout {
			return f.invalid(limit.flag, limit.value.String(), errors.New("want a year at most"))
		}
	}
	if f.detachGrace < time.Second {
		return f.invalid("detach-grace", f.detachGrace.String(), errors.New("want at least 1s: the supervisor counts whole seconds"))
	}
	plan.Timeout, plan.PodTimeout, plan.DetachGrace = f.timeout, f.podTimeout, f.detachGrace
	if f.podTimeout <= f.timeout {
		return nil
	}
	if f.given("pod-timeout") {
		return cli.Usagef("%s (%v) is longer than %s (%v)", f.source("pod-timeout"), f.podTimeout, f.source("timeout"), f.timeout)
	}
	plan.PodTimeout = f.timeout
	return nil
}

// checkDetach rejects what only a client that waits can do.
func (f *runFlags) checkDetach(plan *build.Plan) error {
	if !f.detach {
		return nil
	}
	for _, flag := range []string{"output", "iidfile", "digest-file", "metadata-file"} {
		if f.given(flag) && (flag != "output" || plan.Output != nil) {
			return cli.Usagef("%s and %s contradict each other: nobody waits for the result", f.source("detach"), f.source(flag)).
				WithHint("kubectl img attach NAME waits for it, and takes --metadata-file")
		}
	}
	return nil
}
