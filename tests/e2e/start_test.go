package e2e_test

import (
	"testing"
	"time"
)

// soon is how quickly a run says that waiting is pointless, on a machine that has other builds to do.
const soon = 20 * time.Second

func nothingMuch(t *testing.T) string {
	t.Helper()
	return only(t, scratch("LABEL a=b"))
}

func TestBuilderImageThatCanNotBePulledIsNamedAtOnce(t *testing.T) {
	t.Parallel()
	ns, image := namespace(t, privileged), shared.Registry+"/no/such/builder:1"
	r := build(ns, "-t", repository(ns), "--image", image, nothingMuch(t)).run(t).within(t, soon)
	r.fails(t, codeInternal, "ErrImagePull", image).hints(t, "--image")
}

func TestMissingSeccompProfileIsNamedAtOnce(t *testing.T) {
	t.Parallel()
	ns := namespace(t, baseline)
	r := build(ns, "-t", repository(ns), "--profile", "localhost", "--seccomp-profile", "nope.json", nothingMuch(t)).run(t).within(t, soon)
	r.fails(t, codeInternal, "CreateContainerError", "nope.json").hints(t, "nope.json")
}

func TestBuilderImageWithoutAShellIsNamedAtOnce(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	build(ns, "-t", repository(ns)+":empty", only(t, scratch("COPY Dockerfile /"))).run(t).succeeds(t)
	r := build(ns, "-t", repository(ns), "--image", repository(ns)+":empty", nothingMuch(t)).run(t).within(t, soon)
	r.fails(t, codeInternal, `"sh"`)
}

func TestBuilderImageWithoutTheEngineIsNamedAtOnce(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	r := build(ns, "-t", repository(ns), "--image", busybox(), nothingMuch(t)).run(t).within(t, soon)
	r.fails(t, codeInternal, "the builder image has no img")
}

func TestUnschedulablePodTimesOutInTheSchedulersWords(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	r := build(ns, "-t", repository(ns), "--node-selector", "x=y", "--pod-timeout", "5s", nothingMuch(t)).run(t).within(t, soon)
	r.fails(t, codeTimeout, "5s", "0/1 nodes are available", "didn't match Pod's node affinity/selector").hints(t, "--pod-timeout")
}

// A legacy image has a range of ids that does not fit into the pod's own user namespace.
func TestLegacyImageBuildsWhereItsIDsFit(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	dir := only(t, shell("RUN id >/id"))
	build(ns, "-t", repository(ns), "--image", shared.LegacyImage, "--profile", "unconfined", dir).run(t).succeeds(t)
	if id := fileIn(t, pull(t, repository(ns)), "id"); id == "" {
		t.Error("the step did nothing")
	}
	r := build(ns, "-t", repository(ns), "--image", shared.LegacyImage, "--profile", "userns", dir).run(t).within(t, soon)
	r.fails(t, codeInternal, "100000:65536", "/etc/subuid", "65536 ids of the pod")
}
