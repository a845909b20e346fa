package e2e_test

import (
	"fmt"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestHostileRace tries the races that are published for paths which the engine follows on behalf of a step. Each one is tried beside an engine that
// loses it.
func TestHostileRace(t *testing.T) {
	t.Parallel()
	t.Run("source of a cache mount", raceForMount)
	t.Run("target of COPY", raceForCopy)
	t.Run("mount point", raceForMountPoint)
	t.Run("files of the node", raceForNode)
}

// raceForMount is CVE-2024-23651: a step makes the source of another step's cache mount a link to the builder's root. The engine of old images mounts it.
func raceForMount(t *testing.T) {
	t.Parallel()
	const readers = 24
	lines := []string{
		"# syntax=" + frontendImage(t, "frontend"), "FROM " + busybox() + " AS base", "COPY hostile /", "FROM base AS racer",
		"RUN --mount=type=cache,id=race,target=/c /hostile swap /c/sub /; true", "FROM base AS reader", "RUN sleep 1",
	}
	for i := range readers {
		lines = append(lines, fmt.Sprintf("RUN --mount=type=cache,id=race,source=sub,target=/m [ ! -e /m/etc/subuid ] || echo attack root tru\"e\"; [ ! -e /m/run/kubectl-img/upload/job ] || echo attack job tru\"e\"; echo reader-$((%d+0)) >&2", i))
	}
	lines = append(lines, "RUN --mount=type=cache,id=race,target=/c touch /c/stop", "FROM base", "COPY --from=racer /hostile /a", "COPY --from=reader /hostile /b")
	for profile := range attacksHere(t) {
		t.Run(profile, func(t *testing.T) {
			t.Parallel()
			ns := namespace(t, levels()[profile])
			r := build(ns, "-t", repository(ns), "--profile", profile, "--progress", "plain", hostileContext(t, strings.Join(lines, "\n")+"\n")).run(t).succeeds(t)
			r.says(t, fmt.Sprintf("reader-%d", readers-1))
			if got := succeededAttacks(r.stderr); len(got) > 0 {
				t.Errorf("succeeded: %v\n%s", got, r.stderr)
			}
		})
	}
	t.Run("old engine", func(t *testing.T) {
		t.Parallel()
		ns := namespace(t, privileged)
		var got []string
		for try := 0; try < 5 && len(got) == 0; try++ {
			r := build(ns, "-t", repository(ns), "--profile", "localhost", "--image", shared.LegacyImage, "--progress", "plain", hostileContext(t, strings.Join(lines, "\n")+"\n")).run(t)
			got = succeededAttacks(r.stderr)
		}
		if diff := cmp.Diff([]string{"job", "root"}, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// raceForCopy leaves a process behind that makes the target of later COPYs a link to the builder's /tmp. The engine of old images leaves it running.
func raceForCopy(t *testing.T) {
	t.Parallel()
	lines := []string{"COPY hostile /", "RUN (/hostile swap /d/sub /tmp >/dev/null 2>&1 &); sleep 1; echo alive-$(ls /d | wc -l)"}
	for i := range 12 {
		lines = append(lines, fmt.Sprintf("COPY Dockerfile /d/sub/escaped-%d", i))
	}
	lines = append(lines, "RUN echo begun-$((40+2)); for p in /proc/[0-9]*; do tr '\\0' ' ' <$p/cmdline; echo; done | grep -q '^/hostile swap' && echo attack racer tru\"e\"; sleep 1000")
	for profile := range attacksHere(t) {
		t.Run(profile, func(t *testing.T) {
			t.Parallel()
			got, written := raceAndLook(t, profile, shared.BuilderImage, lines)
			if len(got) > 0 || written != "" {
				t.Errorf("succeeded: %v, written: %s", got, written)
			}
		})
	}
	t.Run("old engine", func(t *testing.T) {
		t.Parallel()
		got, _ := raceAndLook(t, "localhost", shared.LegacyImage, lines)
		if diff := cmp.Diff([]string{"racer"}, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// raceAndLook returns the attacks that succeeded in a build, and the files that it wrote outside of its own.
func raceAndLook(t *testing.T, profile, image string, lines []string) (succeeded []string, written string) {
	t.Helper()
	ns := namespace(t, levels()[profile])
	p := build(ns, "-t", repository(ns), "--profile", profile, "--image", image, "--progress", "plain", hostileContext(t, shell(lines...))).start(t)
	p.await(t, begun)
	written = inPod(t, onlyPod(t, ns), "find", "/tmp", "-name", "escaped*")
	p.signal(t, syscall.SIGINT)
	return succeededAttacks(p.wait(t).stderr), written
}

// raceForMountPoint is CVE-2024-23652: the engine removes a mount point that it has made, and finds a link to the builder's /tmp on the way there.
// Beside the step, the same path does remove the builder's file.
func raceForMountPoint(t *testing.T) {
	t.Parallel()
	for profile := range attacksHere(t) {
		t.Run(profile, func(t *testing.T) {
			t.Parallel()
			ns := namespace(t, levels()[profile])
			p := build(ns, "-t", repository(ns), "--profile", profile, "--progress", "plain", only(t, shell(
				"RUN echo begun-$((40+2)); sleep 5",
				"RUN --mount=type=tmpfs,target=/race/dir/victim mv /race/dir /race/moved && ln -s /tmp /race/dir && echo moved",
				"RUN ls -l /race; echo looked-$((40+2)); sleep 1000"))).start(t)
			p.await(t, begun)
			pod := onlyPod(t, ns)
			inPod(t, pod, "mkdir", "/tmp/victim")
			p.await(t, "looked-42")
			if left := inPod(t, pod, "sh", "-c", "ls -d /tmp/victim || true"); left != "/tmp/victim\n" {
				t.Errorf("the builder's directory is gone: %q", left)
			}
			if removed := inPod(t, pod, "sh", "-c", "rmdir $(find /var/lib/kubectl-img -path '*/race/dir' -type l 2>/dev/null | head -n 1)/victim && ls /tmp"); strings.Contains(removed, "victim") {
				t.Error("the same path removes nothing beside the step")
			}
			p.signal(t, syscall.SIGINT)
			p.wait(t)
		})
	}
}

// raceForNode shows that a step wins nothing where runc loses a race for its mounts: neither a step nor the engine may write to the files which the
// published attacks write to. The machine's root may.
func raceForNode(t *testing.T) {
	t.Parallel()
	for profile := range attacksHere(t) {
		t.Run(profile, func(t *testing.T) {
			t.Parallel()
			ns := namespace(t, levels()[profile])
			p := build(ns, "-t", repository(ns), "--profile", profile, "--progress", "plain", hostileContext(t, shell("COPY hostile /", "RUN /hostile node; echo begun-$((40+2)); sleep 1000"))).start(t)
			p.await(t, begun)
			pod := onlyPod(t, ns)
			enter := []string{"img", "unshare"}
			switch profile {
			case "restricted":
				enter = []string{"/usr/bin/unshare", "--user", "--map-root-user", "--mount"}
			case "stock": // its engine enters no namespace
				enter = nil
			}
			engine := inPod(t, pod, append(enter, "/workspace/context/hostile", "node")...)
			p.signal(t, syscall.SIGINT)
			step := p.wait(t).stderr
			for who, output := range map[string]string{"step": step, "engine": engine} {
				if got := succeededAttacks(output); len(got) > 0 || !strings.Contains(output, "attack panic false") {
					t.Errorf("%s: succeeded: %v\n%s", who, got, output)
				}
			}
		})
	}
	t.Run("root of the machine", func(t *testing.T) {
		t.Parallel()
		dir := hostileContext(t, "")
		out, err := call{program: dir + "/hostile", args: []string{"node"}}.command(t.Context(), t).Output()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"core_pattern", "panic"}, succeededAttacks(string(out))); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}
