package e2e_test

import (
	"testing"
)

func TestPodStart(t *testing.T) {
	t.Parallel()
	t.Run("builder image can't be pulled", startWithoutImage)
	t.Run("seccomp profile is missing", startWithoutSeccompProfile)
	t.Run("builder image without a shell", startWithoutShell)
	t.Run("builder image without the engine", startWithoutEngine)
	t.Run("pod can't be scheduled", startUnschedulable)
	t.Run("legacy builder image", startLegacyImage)
}

func startWithoutImage(t *testing.T) {
	t.Parallel()
	ns, image := namespace(t, privileged), shared.Registry+"/no/such/builder:1"
	r := build(ns, "-t", repository(ns), "--image", image, smallContext(t)).run(t).within(t, soon)
	r.fails(t, codeInternal, "ErrImagePull", image).hints(t, "--image")
}

func startWithoutSeccompProfile(t *testing.T) {
	t.Parallel()
	ns := namespace(t, baseline)
	r := build(ns, "-t", repository(ns), "--profile", "localhost", "--seccomp-profile", "nope.json", smallContext(t)).run(t).within(t, soon)
	r.fails(t, codeInternal, "CreateContainerError", "nope.json").hints(t, "nope.json")
}

func startWithoutShell(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	build(ns, "-t", repository(ns)+":empty", only(t, scratch("COPY Dockerfile /"))).run(t).succeeds(t)
	r := build(ns, "-t", repository(ns), "--image", repository(ns)+":empty", smallContext(t)).run(t).within(t, soon)
	r.fails(t, codeInternal, `"sh"`)
}

func startWithoutEngine(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	r := build(ns, "-t", repository(ns), "--image", busybox(), smallContext(t)).run(t).within(t, soon)
	r.fails(t, codeInternal, "the builder image has no img")
}

func startUnschedulable(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	r := build(ns, "-t", repository(ns), "--node-selector", "x=y", "--pod-timeout", "5s", smallContext(t)).run(t).within(t, soon)
	r.fails(t, codeTimeout, "5s", "0/1 nodes are available", "didn't match Pod's node affinity/selector").hints(t, "--pod-timeout")
}

// startLegacyImage builds with a legacy image, whose range of ids would not fit into the pod's user namespace.
func startLegacyImage(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	dir := only(t, shell("RUN id >/id"))
	build(ns, "-t", repository(ns), "--image", shared.LegacyImage, "--profile", "unconfined", dir).run(t).succeeds(t)
	if id := fileIn(t, pull(t, repository(ns)), "id"); id == "" {
		t.Error("the step did nothing")
	}
	build(ns, "-t", repository(ns), "--image", shared.LegacyImage, "--profile", "userns", dir).run(t).succeeds(t)
}
