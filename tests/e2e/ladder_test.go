package e2e_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// descent is which profiles a run tried: those it left, and the one of the pod that built.
type descent struct {
	left []string
	pod  string
}

var (
	leftProfile = regexp.MustCompile(`(?m)^profile (\w+) does not work here, trying \w+: .`)
	podProfile  = regexp.MustCompile(`(?m)^created builder pod \S+ \(profile (\w+)\)$`)
)

func (r result) descent() descent {
	var d descent
	for _, m := range leftProfile.FindAllStringSubmatch(r.stderr, -1) {
		d.left = append(d.left, m[1])
	}
	if pods := podProfile.FindAllStringSubmatch(r.stderr, -1); pods != nil {
		d.pod = pods[len(pods)-1][1]
	}
	return d
}

// tried checks which profiles were left and which one built. One that isolates less than the rest must say so.
func (r result) tried(t *testing.T, pod string, left ...string) result {
	t.Helper()
	if d := r.descent(); d.pod != pod || !slices.Equal(d.left, left) {
		t.Errorf("built with %s after %s, want %s after %s:\n%s", d.pod, d.left, pod, left, r.stderr)
	}
	weak := pod == "unset" || pod == "unconfined"
	if said := strings.Contains(r.stderr, "warning: profile "+pod+" isolates less"); said != weak {
		t.Errorf("warns of %s: %v:\n%s", pod, said, r.stderr)
	}
	return r
}

// remembering gives a run the cache of a directory, which others can share.
func (c call) remembering(dir string) call {
	c.env = append(c.env, "XDG_CACHE_HOME="+dir)
	return c
}

func TestAutoTakesTheStrongestProfile(t *testing.T) {
	t.Parallel()
	for _, level := range []string{privileged, baseline} {
		t.Run(level, func(t *testing.T) {
			t.Parallel()
			ns := namespace(t, level)
			build(ns, "-t", repository(ns), only(t, shell("RUN true"))).run(t).succeeds(t).tried(t, "userns")
		})
	}
}

// Whatever version of the level is enforced: the profile for it passes all of them.
func TestAutoBuildsInARestrictedNamespace(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"latest", "v1.35", "v1.34", "v1.25", "v1.19"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			ns, cache := namespace(t, restricted), t.TempDir()
			shellOut(t, "kubectl label --overwrite namespace "+ns+" pod-security.kubernetes.io/enforce-version="+version)
			dir := only(t, shell("RUN touch /of && chown 33:44 /of"))
			for _, left := range [][]string{{"userns"}, nil} { // the second one remembers
				r := build(ns, "-t", repository(ns), dir).remembering(cache).run(t).succeeds(t).tried(t, "restricted", left...)
				if left != nil {
					r.says(t, "profile userns does not work here, trying restricted: refused by Pod Security restricted:"+version+"\n")
				}
			}
		})
	}
}

func TestRestrictedWithoutUserNamespaces(t *testing.T) {
	t.Parallel()
	ns := namespace(t, restricted)
	dropFields(t, ns, "/spec/hostUsers")
	build(ns, "-t", repository(ns), only(t, shell("RUN touch /of && chown 33:44 /of"))).run(t).succeeds(t).tried(t, "restricted", "userns", "localhost").
		says(t, "profile restricted does not work here with a user namespace of the pod's own, trying without: the API server dropped or changed spec.hostUsers")
	if owner := filesOf(t, pull(t, repository(ns)))["of"].Owner; owner != [2]int{33, 44} {
		t.Errorf("owner %d", owner)
	}
}

func TestRestrictedNamespaceIsToldWhatIsNeeded(t *testing.T) {
	t.Parallel()
	ns := namespace(t, restricted)
	r := build(ns, "-t", repository(ns), "--seccomp-profile", "nope.json", nothingMuch(t)).run(t)
	r.fails(t, codePolicy, "no profile works in namespace "+ns, "userns: refused by Pod Security restricted:latest; restricted: CreateContainerError", "nope.json")
}

func TestPolicyAgainstUserNamespaces(t *testing.T) {
	t.Parallel()
	ns, cache := namespace(t, baseline), t.TempDir()
	refuseUserNamespaces(t, ns)
	dir := only(t, shell("RUN true"))
	for _, left := range [][]string{{"userns"}, nil} { // the second one remembers
		build(ns, "-t", repository(ns), dir).remembering(cache).run(t).succeeds(t).tried(t, "localhost", left...)
	}
	build(ns, "-t", repository(ns), "--profile", "userns", dir).run(t).fails(t, codePolicy, noUserNamespaces)
	for _, strict := range [][]string{nil, {"--min-profile", "unconfined"}} {
		c := build(ns, append(strict, "-t", repository(ns), dir)...)
		c.env = append(c.env, "KUBECTL_IMG_MIN_PROFILE=userns")
		r := c.remembering(cache).run(t).fails(t, codePolicy, noUserNamespaces)
		if d := r.descent(); d.pod != "" {
			t.Errorf("a pod was created below the minimum:\n%s", r.stderr)
		}
	}
}

// The kubelet reads the profile when a pod starts; one that goes away and comes back is noticed both times.
func TestProfileFileRemovedFromTheNode(t *testing.T) {
	t.Parallel()
	ns, cache := namespace(t, privileged), t.TempDir()
	name := ns + ".json"
	file := filepath.Join(shared.Dir, "kubelet", "seccomp", name)
	profile := read(t, filepath.Join(shared.Dir, "kubelet", "seccomp", "kubectl-img.json"))
	write(t, file, profile)
	t.Cleanup(func() { _ = os.Remove(file) })
	dir := only(t, shell("RUN true"))
	run := func(args ...string) result {
		return build(ns, append(args, "-t", repository(ns), "--seccomp-profile", name, dir)...).remembering(cache).run(t)
	}
	run().succeeds(t).tried(t, "userns")
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	run().succeeds(t).tried(t, "unset", "userns", "localhost")
	run().succeeds(t).tried(t, "unset")
	for _, named := range []string{"userns", "localhost"} {
		run("--profile", named).fails(t, codeInternal, "cannot load seccomp profile", name)
	}
	run("--min-profile", "localhost").fails(t, codePolicy, "no profile down to localhost", "cannot load seccomp profile").hints(t, name)

	write(t, file, profile)
	run().succeeds(t).tried(t, "unset") // remembered, until it is a day old
	memories, err := filepath.Glob(filepath.Join(cache, "kubectl-img", "profiles", "*"))
	if err != nil || len(memories) != 1 {
		t.Fatalf("memories %s, %v", memories, err)
	}
	old := time.Now().Add(-25 * time.Hour)
	if err := os.Chtimes(memories[0], old, old); err != nil {
		t.Fatal(err)
	}
	run().succeeds(t).tried(t, "userns")
}

// An API server with the feature gate off drops both fields without a word; a mutating policy does the same here.
func TestAPIServerThatDropsUserNamespaces(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fields []string
		says   string // of the named profile
		code   int
	}{
		"hostUsers and procMount": {[]string{"/spec/containers/0/securityContext/procMount", "/spec/hostUsers"}, "dropped or changed spec.hostUsers", codeInternal},
		"hostUsers alone":         {[]string{"/spec/hostUsers"}, "procMount", codePolicy}, // which is invalid
		"procMount alone":         {[]string{"/spec/containers/0/securityContext/procMount"}, "dropped or changed securityContext.procMount", codeInternal},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ns := namespace(t, baseline)
			dropFields(t, ns, c.fields...)
			dir := only(t, shell("RUN true"))
			build(ns, "-t", repository(ns), dir).run(t).succeeds(t).tried(t, "localhost", "userns")
			build(ns, "-t", repository(ns)+":named", "--profile", "userns", dir).run(t).fails(t, c.code, c.says)
			if isPushed(t, repository(ns)+":named") {
				t.Error("built with less than was asked for")
			}
		})
	}
}

func TestAPIServerThatDropsTheSeccompProfile(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	dropFields(t, ns, "/spec/securityContext/seccompProfile")
	dir := only(t, shell("RUN true"))
	build(ns, "-t", repository(ns)+":named", "--profile", "userns", dir).run(t).fails(t, codeInternal, "dropped or changed securityContext.seccompProfile")
	if isPushed(t, repository(ns)+":named") {
		t.Error("built with less than was asked for")
	}
	build(ns, "-t", repository(ns), dir).run(t).succeeds(t).tried(t, "unset", "userns", "localhost")
}

// The legacy image's ids do not fit into a user namespace, which only the pod itself finds out. What it would have been sent is sent
// once, to another pod: an archive can't be read again.
func TestPodThatFailsItsOwnCheckIsSentNothing(t *testing.T) {
	t.Parallel()
	for _, source := range []string{"archive", "directory"} {
		t.Run(source, func(t *testing.T) {
			t.Parallel()
			ns, cache := namespace(t, baseline), t.TempDir()
			files := map[string]string{"Dockerfile": shell("COPY file /"), "file": "content"}
			dir := contextOf(t, files)
			for _, left := range [][]string{{"userns"}, nil} {
				c := build(ns, "-t", repository(ns), "--image", shared.LegacyImage, dir)
				if source == "archive" {
					c.args[len(c.args)-1] = "-"
					c.stdin = strings.NewReader(archiveOf(t, files))
				}
				r := c.remembering(cache).run(t).succeeds(t).tried(t, "localhost", left...)
				if n := strings.Count(r.stderr, "sent the build context"); n != 1 || strings.Contains(r.stderr, "sending it again") {
					t.Errorf("sent %d times:\n%s", n, r.stderr)
				}
				if left != nil {
					r.says(t, "exceeds the 65536 ids of the pod")
				}
			}
			if got := fileIn(t, pull(t, repository(ns)), "file"); got != "content" {
				t.Errorf("content %q", got)
			}
		})
	}
}

// What is no matter of isolation ends a build where it happens.
func TestNoProfileGivesWayForAnythingElse(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	for name, c := range map[string]struct {
		flag, value, says string
		code              int
	}{
		"image":           {"--image", shared.Registry + "/no/such/builder:1", "ErrImagePull", codeInternal},
		"no engine":       {"--image", busybox(), "the builder image has no img", codeInternal},
		"newuidmap":       {"--image", shared.LegacySetuidImage, "cap_setuid", codeInternal},
		"service account": {"--service-account", "nope", "error looking up service account", codePolicy},
		"right":           {"--as", "nobody", "cannot create resource", codePolicy},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := build(ns, "-t", repository(ns), c.flag, c.value, nothingMuch(t)).run(t).fails(t, c.code, c.says)
			if name != "newuidmap" && r.descent().left != nil { // its ids do not fit either
				t.Errorf("went on:\n%s", r.stderr)
			}
		})
	}
}
