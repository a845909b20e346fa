package e2e_test

import (
	"testing"
)

func TestBuildFailure(t *testing.T) {
	t.Parallel()
	t.Run("step fails", failedStep)
	t.Run("unusable Dockerfile", failedDockerfile)
	t.Run("out of memory", failedMemory)
	t.Run("disk full", failedDisk)
	t.Run("pod evicted", failedEviction)
}

func failedStep(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	dir := only(t, shell("RUN echo said-on-stdout-$((40+2)); echo said-on-stderr-$((40+3)) >&2; exit 7"))
	for _, flags := range [][]string{nil, {"-q"}} {
		r := build(ns, append(flags, "-t", repository(ns), dir)...).run(t)
		r.fails(t, codeBuild, "build failed").says(t, "said-on-stdout-42", "said-on-stderr-43")
		if isPushed(t, repository(ns)) {
			t.Error("pushed")
		}
	}
}

func failedDockerfile(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	build(ns, "-t", repository(ns), only(t, shell("NONSENSE here"))).run(t).fails(t, codeBuild, "NONSENSE")
	build(ns, "-t", repository(ns), only(t, "FROM "+shared.Registry+"/no/such:image\n")).run(t).fails(t, codeBuild, "no/such:image")
}

// failedMemory accepts both ends: the kernel's version of cgroups decides whether the step or the whole builder is killed. Both errors name the
// limit.
func failedMemory(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	r := build(ns, "-t", repository(ns), "--limit", "memory=128Mi", only(t, shell("RUN tail /dev/zero"))).run(t)
	if r.code == codeInternal {
		r.fails(t, codeInternal, "OOMKilled", "128Mi").hints(t, "--limit memory")
	} else {
		r.fails(t, codeBuild, "killed for memory (limit 128Mi)", "step 2/2 (Dockerfile:2): exit code ").hints(t, "--limit memory")
	}
}

func failedDisk(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	r := build(ns, "-t", repository(ns), only(t, shell("RUN dd if=/dev/zero of=/dev/shm/file bs=1M count=1000"))).run(t)
	r.fails(t, codeBuild, "disk is full").hints(t, "--request ephemeral-storage")
}

func failedEviction(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	step := shell("RUN dd if=/dev/zero of=/file bs=1M count=200; sleep 100")
	r := build(ns, "-t", repository(ns), "--limit", "ephemeral-storage=50Mi", only(t, step)).run(t)
	r.fails(t, codeInternal, "evicted", "ephemeral").hints(t, "--request ephemeral-storage")
}
