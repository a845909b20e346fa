package plugin

import (
	"errors"
	"time"
)

// readMode reads what decides how the run looks.
func (o *buildFlags) readMode(plan *Plan, _ process) error {
	switch o.dryRun {
	case "", dryRunYAML, dryRunJSON:
		plan.DryRun = o.dryRun
	default:
		return o.invalid("dry-run", o.dryRun, errors.New("want yaml or json"))
	}
	var err error
	plan.Progress, err = o.readProgress()
	return err
}

func (o *buildFlags) readProgress() (Progress, error) {
	mode := Progress(o.progress)
	switch mode {
	case ProgressAuto, ProgressPlain, ProgressSteps, ProgressQuiet:
	case "tty", "rawjson":
		return "", o.invalid("progress", o.progress, errors.New("img v0.5.11 prints plain lines only: want auto, plain, steps or quiet"))
	default:
		return "", o.invalid("progress", o.progress, errors.New("want auto, plain, steps or quiet"))
	}
	says := mode == ProgressPlain || mode == ProgressSteps
	switch {
	case !o.quiet, mode == ProgressQuiet:
		return mode, nil
	case says && o.fromEnv["progress"] == o.fromEnv["quiet"]:
		return "", usagef("%s and %s=%s contradict each other", o.source("quiet"), o.source("progress"), mode).withHint("leave one out")
	case says && o.fromEnv["quiet"]:
		return mode, nil
	default:
		return ProgressQuiet, nil
	}
}

// longest is far below where the sum of limits would overflow, and Kubernetes refuse a deadline.
const longest = 365 * 24 * time.Hour

func (o *buildFlags) readTimeouts(plan *Plan, _ process) error {
	for _, limit := range []struct {
		flag  string
		value time.Duration
	}{{"timeout", o.timeout}, {"pod-timeout", o.podTimeout}, {"detach-grace", o.detachGrace}} {
		if limit.value <= 0 {
			return o.invalid(limit.flag, limit.value.String(), errors.New("want more than 0"))
		}
		if limit.value > longest {
			return o.invalid(limit.flag, limit.value.String(), errors.New("want a year at most"))
		}
	}
	if o.detachGrace < time.Second {
		return o.invalid("detach-grace", o.detachGrace.String(), errors.New("want at least 1s: the supervisor counts whole seconds"))
	}
	plan.Timeout, plan.PodTimeout, plan.DetachGrace = o.timeout, o.podTimeout, o.detachGrace
	if o.podTimeout <= o.timeout {
		return nil
	}
	if o.given("pod-timeout") {
		return usagef("%s (%v) is longer than %s (%v)", o.source("pod-timeout"), o.podTimeout, o.source("timeout"), o.timeout)
	}
	plan.PodTimeout = o.timeout
	return nil
}
