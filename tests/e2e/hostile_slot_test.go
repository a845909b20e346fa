package e2e_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestHostileSlot attacks what profile stock has besides the other profiles: the container for build steps, its agent, and the copies of files.
func TestHostileSlot(t *testing.T) {
	t.Parallel()
	t.Run("agent", slotAgent)
	t.Run("socket", slotSocket)
	t.Run("other files of the base image", slotBase)
	t.Run("links in the way of a copy", slotLinks)
	t.Run("everything is removed", slotRemoved)
	t.Run("all processes are killed", slotKilled)
	t.Run("many files", slotManyFiles)
}

var controlled = regexp.MustCompile(`control (\w+) (\w+)`)

// slotAgent attacks the agent from two steps. Each attack must succeed on another process, and nothing that the first step leaves may be there for the second.
func slotAgent(t *testing.T) {
	t.Parallel()
	ns := namespace(t, baseline)
	dir := hostileContext(t, shell("COPY hostile /", "RUN /hostile slot", "RUN /hostile slot; echo done-$((40+2))"))
	r := build(ns, "-t", repository(ns), "--profile", "stock", "--progress", "plain", dir).run(t).succeeds(t)
	r.says(t, "done-42", "attack leftovers false")
	controls := 0
	for _, m := range controlled.FindAllStringSubmatch(r.stderr, -1) {
		if controls++; m[2] != "true" {
			t.Errorf("attack %s does not even succeed on a process of its own", m[1])
		}
	}
	if controls != 14 {
		t.Errorf("%d attacks on processes of their own, want 14:\n%s", controls, r.stderr)
	}
	if got := succeededAttacks(r.stderr); len(got) > 0 {
		t.Errorf("succeeded: %v\n%s", got, r.stderr)
	}
}

// slotSocket speaks the agent's own protocol to it, from a step of its container and from one beside it. The engine of the builder does the same before the build.
func slotSocket(t *testing.T) {
	t.Parallel()
	ns := namespace(t, baseline)
	dir := hostileContext(t, strings.Join([]string{
		"FROM " + shared.BuilderImage + " AS tools", "FROM " + busybox() + " AS base", "COPY hostile /", "COPY --from=tools /usr/bin/img /", "FROM base AS a",
		"RUN /hostile slot | sed -n 's/^agent //p' >/names; cat /names; wc -l </names | sed 's/^/agents: /'",
		`RUN for name in $(cat /names); do if /img slot-check --state /tmp/s --timeout 5s --slots $name; then echo attack socket tru"e"; else echo refused-$((40+2)); fi; done`,
		"FROM base", "COPY --from=a /names /",
	}, "\n")+"\n")
	r := build(ns, "-t", repository(ns), "--profile", "stock", "--slots", "2", "--progress", "plain", dir).run(t).succeeds(t)
	r.says(t, "agents: 2", "refused-42")
	if n := strings.Count(r.stderr, "refused-42"); n < 2 {
		t.Errorf("%d agents refused, want 2:\n%s", n, r.stderr)
	}
	if got := succeededAttacks(r.stderr); len(got) > 0 {
		t.Errorf("succeeded: %v\n%s", got, r.stderr)
	}
}

// slotBase has a step that changes every set-ID program that it can reach. Another stage from the same base must not notice.
func slotBase(t *testing.T) {
	t.Parallel()
	ns := namespace(t, baseline)
	dir := only(t, strings.Join([]string{
		"FROM " + busybox() + " AS base", "RUN cp /bin/busybox /suid && chmod 4755 /suid && echo of-the-base >/text",
		"FROM base AS stripped", `RUN find / -xdev -type f -perm -4000 -exec chmod a-s {} + && echo changed >/text && chown 7:7 /text`,
		"FROM base", "COPY --from=stripped /suid /stripped", "COPY --from=stripped /text /changed", "RUN ls -l /suid /text",
	}, "\n")+"\n")
	build(ns, "-t", repository(ns), "--profile", "stock", dir).run(t).succeeds(t)
	image := pull(t, repository(ns))
	files := filesOf(t, image)
	for name, want := range map[string]int64{"suid": 0o4755, "stripped": 0o755} {
		if got := files[name].Mode; got&0o7777 != want {
			t.Errorf("%s has mode %o, want %o", name, got, want)
		}
	}
	if text := fileIn(t, image, "text"); text != "of-the-base\n" || files["text"].Owner != [2]int{} {
		t.Errorf("text %q of %d: the other stage has changed it", text, files["text"].Owner)
	}
}

// slotLinks plants links that lead to the builder's files, for COPY, WORKDIR, ADD, and the mounts of a step. Whatever follows them must stay in the image.
func slotLinks(t *testing.T) {
	t.Parallel()
	ns := namespace(t, baseline)
	dir := contextOf(t, map[string]string{"file": "copied", "Dockerfile": shell(
		"RUN mkdir /links && for d in run/kubectl-img var/lib/kubectl-img workspace tmp proc/1/root proc/self/root; do ln -s /$d /links/$(echo $d | tr / -); ln -s ../../../../../../$d /links/up-$(echo $d | tr / -); done; ls -l /links",
		"COPY file /links/run-kubectl-img/upload/copied", "COPY file /links/up-var-lib-kubectl-img/copied", "WORKDIR /links/workspace/made", "COPY file /links/up-workspace/copied",
		"RUN --mount=type=cache,target=/links/workspace/cache touch /workspace/cache/x",
		"RUN --mount=type=tmpfs,target=/links/up-run-kubectl-img/tmpfs touch /run/kubectl-img/tmpfs/x",
		"RUN --mount=type=bind,source=file,target=/links/tmp/bound cat /tmp/bound",
		"RUN ls -lR /run /var/lib/kubectl-img /workspace",
	)})
	r := build(ns, "-t", repository(ns), "--profile", "stock", "--progress", "plain", dir).run(t).succeeds(t)
	image := pull(t, repository(ns))
	for _, name := range []string{"run/kubectl-img/upload/copied", "var/lib/kubectl-img/copied", "workspace/copied"} {
		if got := fileIn(t, image, name); got != "copied" {
			t.Errorf("%s: %q", name, got)
		}
	}
	files := filesOf(t, image)
	for _, name := range []string{"run/kubectl-img/upload/job", "run/kubectl-img/supervisor", "workspace/log", "workspace/cache/x", "run/kubectl-img/tmpfs/x"} {
		if _, found := files[name]; found {
			t.Errorf("the image has %s:\n%s", name, r.stderr)
		}
	}
	if _, found := files["workspace/made"]; !found {
		t.Error("the working directory is missing")
	}
}

// slotRemoved has a step that removes every file that it can reach. The image is empty then, and the next stage has all of its base.
func slotRemoved(t *testing.T) {
	t.Parallel()
	ns := namespace(t, baseline)
	dir := only(t, strings.Join([]string{
		"FROM " + busybox() + " AS removed", "RUN cp /bin/busybox /busybox && exec /busybox sh -c '/busybox rm -rf /bin /etc /home /root /tmp /usr /var /dev /proc /sys 2>/dev/null; exit 0'",
		"FROM " + busybox(), "COPY --from=removed / /removed/", "RUN ls /dev/null && [ -x /bin/sh ] && echo whole-$((40+2))",
	}, "\n")+"\n")
	build(ns, "-t", repository(ns), "--profile", "stock", "--progress", "plain", dir).run(t).succeeds(t).says(t, "whole-42")
	for name := range filesOf(t, pull(t, repository(ns))) {
		if strings.HasPrefix(name, "removed/bin/") {
			t.Errorf("the step did not remove %s", name)
		}
	}
}

// slotKilled has a step that kills all processes that it sees, itself too. The step fails, and nothing else: the next step of the pod works.
func slotKilled(t *testing.T) {
	t.Parallel()
	ns := namespace(t, baseline)
	dir := only(t, strings.Join([]string{
		"FROM " + busybox() + " AS killed", "RUN (sh -c 'kill -9 -1'); kill -9 1; kill -STOP 1; echo alive >/alive; true",
		"FROM " + busybox(), "RUN echo next-$((40+2))", "COPY --from=killed /alive /",
	}, "\n")+"\n")
	r := build(ns, "-t", repository(ns), "--profile", "stock", "--progress", "plain", dir).run(t)
	if r.fails(t, codeBuild, "exit code 137"); strings.Contains(r.stderr, "the container of the build steps") {
		t.Errorf("the container has ended:\n%s", r.stderr)
	}
	alive := only(t, shell("RUN kill -9 1; kill -STOP 1; kill -INT 1; echo alive-$((40+2))", "RUN echo next-$((40+2))"))
	build(ns, "-t", repository(ns), "--profile", "stock", "--progress", "plain", alive).run(t).succeeds(t).says(t, "alive-42", "next-42")
}

// slotManyFiles has more files than fit in one directory block or one message, in a step, in a copy and in a step that changes one of them.
func slotManyFiles(t *testing.T) {
	t.Parallel()
	const many = 20000
	ns := namespace(t, baseline)
	dir := only(t, shell(
		fmt.Sprintf("RUN mkdir /many && cd /many && i=0; while [ $i -lt 100 ]; do mkdir $i; (cd $i; seq 1 %d | xargs touch); i=$((i+1)); done", many/100),
		"RUN rm -r /many/7 && echo x >/many/8/1; find /many -type f | wc -l | sed 's/^/files: /'",
	))
	build(ns, "-t", repository(ns), "--profile", "stock", "--progress", "plain", dir).run(t).succeeds(t).says(t, fmt.Sprintf("files: %d", many-many/100))
	image := pull(t, repository(ns))
	layers, err := image.Layers()
	if err != nil {
		t.Fatal(err)
	}
	var changed []string
	for name := range layerListing(t, layers[len(layers)-1]) {
		changed = append(changed, name)
	}
	slices.Sort(changed)
	if diff := cmp.Diff([]string{"many", "many/.wh.7", "many/8", "many/8/1"}, changed); diff != "" {
		t.Errorf("the layer of the second step (-want +got):\n%s", diff)
	}
}
