package e2e_test

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

// TestStock is about what only profile stock has: containers for build steps.
func TestStock(t *testing.T) {
	t.Parallel()
	t.Run("two containers", stockPod)
	t.Run("cluster without user namespaces", stockWithoutUserNamespaces)
	t.Run("older builder image", stockOlderImage)
	t.Run("stages side by side", stockSideBySide)
	t.Run("step out of memory", stockMemory)
	t.Run("step container killed", stockKilled)
	t.Run("step container full", stockEvicted)
	t.Run("LimitRange", stockLimitRange)
	t.Run("sidecar's token", stockToken)
}

// stockPod looks at the pod while a step runs: what the step has of the pod, and what the node has installed for it, which is nothing.
func stockPod(t *testing.T) {
	t.Parallel()
	ns := namespace(t, baseline)
	p := build(ns, "-t", repository(ns), "--profile", "stock", "--limit", "memory=300Mi", only(t, shell(
		"RUN env; cat /proc/self/uid_map; ls -a / /run /workspace 2>&1; mount; ps; echo begun-$((40+2)); sleep 1000"))).start(t)
	p.await(t, begun)
	pod := onlyPod(t, ns)
	for _, c := range slices.Concat(pod.Spec.InitContainers, pod.Spec.Containers) {
		limit := c.Resources.Limits.Memory().String()
		if c.Name == "builder" {
			if limit != "512Mi" {
				t.Errorf("the builder's limit is %s", limit)
			}
			continue
		}
		if c.Name != "step" || limit != "300Mi" || len(c.Env)+len(c.EnvFrom)+len(c.VolumeMounts) > 0 || c.RestartPolicy == nil {
			t.Errorf("%+v", c)
		}
	}
	if sc := pod.Spec.SecurityContext; sc.SeccompProfile.Type != corev1.SeccompProfileTypeRuntimeDefault || sc.AppArmorProfile != nil || *pod.Spec.HostUsers {
		t.Errorf("%+v, host users %v", sc, pod.Spec.HostUsers)
	}
	p.signal(t, syscall.SIGINT)
	r := p.wait(t).fails(t, codeInterrupted)
	for _, line := range []string{"IMG_SLOTS", "LEASH_GRACE", "kubectl-img", "supervis", "KUBERNETES_"} {
		if strings.Contains(r.stderr, " "+line) {
			t.Errorf("the step sees %s:\n%s", line, r.stderr)
		}
	}
	if strings.Contains(r.stderr, " 4294967295\n") {
		t.Errorf("the step has no user namespace:\n%s", r.stderr)
	}
}

func stockWithoutUserNamespaces(t *testing.T) {
	t.Parallel()
	ns := namespace(t, baseline)
	dropFields(t, ns, "/spec/hostUsers")
	dir := only(t, shell("RUN touch /of && chown 33:44 /of"))
	r := build(ns, "-t", repository(ns), "--profile", "stock", dir).run(t).succeeds(t)
	r.says(t, "profile stock does not work here with a user namespace of the pod's own, trying without: the API server dropped or changed spec.hostUsers",
		"warning: profile stock without a user namespace of the pod's own isolates less")
	if owner := filesOf(t, pull(t, repository(ns)))["of"].Owner; owner != [2]int{33, 44} {
		t.Errorf("owner %d", owner)
	}
	strict := build(ns, "-t", repository(ns)+":strict", "--profile", "stock", "--min-profile", "localhost", dir).run(t)
	if strict.fails(t, codeInternal, "dropped or changed spec.hostUsers"); isPushed(t, repository(ns)+":strict") {
		t.Error("built with less isolation than --min-profile allows")
	}
}

// stockOlderImage has an image whose engine knows no such containers. Auto tries the next profile.
func stockOlderImage(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	dir := only(t, shell("RUN true"))
	r := build(ns, "-t", repository(ns), "--profile", "stock", "--image", shared.LegacyImage, dir).run(t)
	r.fails(t, codePolicy, "profile stock works in namespace "+ns).hints(t, "use the builder image of this release")
	build(ns, "-t", repository(ns), "--image", shared.LegacyImage, "--seccomp-profile", "nope.json", dir).run(t).succeeds(t).tried(t, "unset", "userns", "stock")
}

// stockSideBySide has two stages that wait for each other.
func stockSideBySide(t *testing.T) {
	t.Parallel()
	ns := namespace(t, baseline)
	meet := func(mine, other string) string {
		return "RUN nc -l -p " + mine + " >/heard & until echo " + mine + " | nc -w 1 127.0.0.1 " + other + "; do sleep 0.2; done; sleep 1; [ -s /heard ] && echo met-$((40+2))"
	}
	dir := only(t, strings.Join([]string{
		"FROM " + busybox() + " AS a", meet("7001", "7002"), "FROM " + busybox() + " AS b", meet("7002", "7001"), "FROM " + busybox(), "COPY --from=a /heard /a", "COPY --from=b /heard /b",
	}, "\n")+"\n")
	r := build(ns, "-t", repository(ns), "--profile", "stock", "--slots", "2", "--progress", "plain", dir).run(t).succeeds(t)
	if n := strings.Count(r.stderr, "met-42"); n != 2 {
		t.Errorf("%d stages met:\n%s", n, r.stderr)
	}
}

// stockMemory accepts both ends, as failedMemory does. The limit is that of build steps.
func stockMemory(t *testing.T) {
	t.Parallel()
	ns := namespace(t, baseline)
	r := build(ns, "-t", repository(ns), "--profile", "stock", "--limit", "memory=128Mi", only(t, shell("RUN tail /dev/zero"))).run(t)
	r.fails(t, codeBuild, "build failed: ", "limit 128Mi").hints(t, "--limit memory")
}

func stockKilled(t *testing.T) {
	t.Parallel()
	ns := namespace(t, baseline)
	p := build(ns, "-t", repository(ns), "--profile", "stock", only(t, shell("RUN echo begun-$((40+2)); sleep 1000"))).start(t)
	p.await(t, begun)
	pod := onlyPod(t, ns)
	if err := syscall.Kill(agentOf(t, pod), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	p.wait(t).within(t, limit).fails(t, codeBuild, "build failed: the container of the build steps ended (Error, exit code 137)").hints(t, "run the build again")
}

// agentOf returns the process of the pod's container for build steps, which runs on this machine.
func agentOf(t *testing.T, pod *corev1.Pod) int {
	t.Helper()
	want := strings.Join(pod.Spec.InitContainers[0].Command, "\x00") + "\x00"
	entries, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if text, err := os.ReadFile(entry); err == nil && string(text) == want {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(entry)))
			return pid
		}
	}
	t.Fatal("no process of the container for build steps")
	return 0
}

// stockEvicted fills the disk of the container for build steps, whose limit the kubelet enforces.
func stockEvicted(t *testing.T) {
	t.Parallel()
	ns := namespace(t, baseline)
	step := shell("RUN dd if=/dev/zero of=/file bs=1M count=300; sleep 100")
	r := build(ns, "-t", repository(ns), "--profile", "stock", "--limit", "ephemeral-storage=50Mi", only(t, step)).run(t)
	r.fails(t, codeInternal, "evicted", "ephemeral").hints(t, "--request ephemeral-storage")
}

// stockLimitRange has bounds that neither container's default requests meet.
func stockLimitRange(t *testing.T) {
	t.Parallel()
	ns := namespace(t, baseline)
	shellOut(t, `kubectl create -n `+ns+` -f - <<'END'
apiVersion: v1
kind: LimitRange
metadata: {name: bounds}
spec: {limits: [{type: Container, min: {cpu: 150m}, max: {memory: 200Mi}}]}
END`)
	build(ns, "-t", repository(ns), "--profile", "stock", only(t, shell("RUN true"))).run(t).succeeds(t).says(t, "a LimitRange of namespace "+ns+" does not allow the default requests")
}

// stockToken has a webhook's doing: a policy mounts a volume of the builder into the container for build steps.
func stockToken(t *testing.T) {
	t.Parallel()
	ns := namespace(t, baseline)
	changePods(t, ns, "has(object.spec.initContainers)", `JSONPatch{op: 'add', path: '/spec/initContainers/0/volumeMounts', value: [Object.spec.initContainers.volumeMounts{name: 'session', mountPath: '/stolen'}]}`)
	eventually(t, soon, "the policy is in effect", func() bool {
		line := shared.Plugin + " build -n " + ns + " --profile stock -t a --dry-run " + smallContext(t) + " | kubectl create --dry-run=server -o yaml -f - | grep -c stolen || true"
		return strings.TrimSpace(shellOut(t, line)) != "0"
	})
	build(ns, "-t", repository(ns), "--profile", "stock", only(t, shell("RUN ls /stolen"))).run(t).fails(t, codePolicy, "dropped or changed volumeMounts")
	build(ns, "-t", repository(ns), "--seccomp-profile", "nope.json", "--min-profile", "localhost", only(t, shell("RUN true"))).run(t).fails(t, codePolicy, "no profile")
}
