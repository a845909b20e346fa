package e2e_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestProfileAuto(t *testing.T) {
	t.Parallel()
	t.Run("strongest profile", autoStrongest)
	t.Run("restricted namespace", autoRestricted)
	t.Run("restricted namespace without user namespaces", autoRestrictedWithoutUserNamespaces)
	t.Run("restricted namespace without a seccomp profile", autoRestrictedFails)
	t.Run("policy against user namespaces", autoPolicy)
	t.Run("seccomp profile removed from the node", autoProfileRemoved)
	t.Run("API server drops user namespaces", autoUserNamespacesDropped)
	t.Run("API server drops the seccomp profile", autoSeccompDropped)
	t.Run("pod fails its own check", autoPodCheck)
	t.Run("other failures", autoOtherFailures)
	t.Run("container runtime without user namespaces", nodeWithoutUserNamespaces)
	t.Run("kubelet with --seccomp-default", nodeWithSeccompDefault)
}

func autoStrongest(t *testing.T) {
	t.Parallel()
	for _, level := range []string{privileged, baseline} {
		t.Run(level, func(t *testing.T) {
			t.Parallel()
			ns := namespace(t, level)
			build(ns, "-t", repository(ns), only(t, shell("RUN true"))).run(t).succeeds(t).tried(t, "userns")
		})
	}
}

// autoRestricted enforces several versions of the level restricted. The profile restricted must pass all of them.
func autoRestricted(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"latest", "v1.35", "v1.34", "v1.25", "v1.19"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			ns, cache := namespace(t, restricted), t.TempDir()
			shellOut(t, "kubectl label --overwrite namespace "+ns+" pod-security.kubernetes.io/enforce-version="+version)
			dir := only(t, shell("RUN touch /of && chown 33:44 /of"))
			for _, left := range [][]string{{"userns"}, nil} { // the second build uses the profile cache
				r := build(ns, "-t", repository(ns), dir).withCache(cache).run(t).succeeds(t).tried(t, "restricted", left...)
				if left != nil {
					r.says(t, "profile userns does not work here, trying restricted: refused by Pod Security restricted:"+version+"\n")
				}
			}
		})
	}
}

func autoRestrictedWithoutUserNamespaces(t *testing.T) {
	t.Parallel()
	ns := namespace(t, restricted)
	dropFields(t, ns, "/spec/hostUsers")
	build(ns, "-t", repository(ns), only(t, shell("RUN touch /of && chown 33:44 /of"))).run(t).succeeds(t).tried(t, "restricted", "userns", "stock").
		says(t, "profile restricted does not work here with a user namespace of the pod's own, trying without: the API server dropped or changed spec.hostUsers")
	if owner := filesOf(t, pull(t, repository(ns)))["of"].Owner; owner != [2]int{33, 44} {
		t.Errorf("owner %d", owner)
	}
}

func autoRestrictedFails(t *testing.T) {
	t.Parallel()
	ns := namespace(t, restricted)
	r := build(ns, "-t", repository(ns), "--seccomp-profile", "nope.json", smallContext(t)).run(t)
	r.fails(t, codePolicy, "no profile works in namespace "+ns, "userns: refused by Pod Security restricted:latest; restricted: CreateContainerError", "nope.json")
}

func autoPolicy(t *testing.T) {
	t.Parallel()
	ns, cache := namespace(t, baseline), t.TempDir()
	denyUserNamespaces(t, ns)
	dir := only(t, shell("RUN true"))
	for _, left := range [][]string{{"userns", "stock"}, nil} { // the second build uses the profile cache
		build(ns, "-t", repository(ns), dir).withCache(cache).run(t).succeeds(t).tried(t, "localhost", left...)
	}
	build(ns, "-t", repository(ns), "--profile", "userns", dir).run(t).fails(t, codePolicy, noUserNamespaces)
	for _, strict := range [][]string{nil, {"--min-profile", "unconfined"}} {
		c := build(ns, append(strict, "-t", repository(ns), dir)...)
		c.env = append(c.env, "KUBECTL_IMG_MIN_PROFILE=userns")
		r := c.withCache(cache).run(t).fails(t, codePolicy, noUserNamespaces)
		if d := r.profilesTried(); d.built != "" {
			t.Errorf("a pod was created below the minimum:\n%s", r.stderr)
		}
	}
}

// autoProfileRemoved removes the seccomp profile from the node, and puts it back. Both must be noticed: the kubelet reads the file whenever a pod
// starts.
func autoProfileRemoved(t *testing.T) {
	t.Parallel()
	ns, cache := namespace(t, privileged), t.TempDir()
	name := ns + ".json"
	file := filepath.Join(shared.Dir, "kubelet", "seccomp", name)
	profile := read(t, filepath.Join(shared.Dir, "kubelet", "seccomp", "kubectl-img.json"))
	write(t, file, profile)
	t.Cleanup(func() { _ = os.Remove(file) })
	dir := only(t, shell("RUN true"))
	run := func(args ...string) result {
		return build(ns, append(args, "-t", repository(ns), "--seccomp-profile", name, dir)...).withCache(cache).run(t)
	}
	run().succeeds(t).tried(t, "userns")
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	run().succeeds(t).tried(t, "stock", "userns") // it needs no file
	run().succeeds(t).tried(t, "stock")
	for _, named := range []string{"userns", "localhost"} {
		run("--profile", named).fails(t, codeInternal, "cannot load seccomp profile", name)
	}
	build(ns, "--image", shared.LegacyImage, "--min-profile", "localhost", "-t", repository(ns), "--seccomp-profile", name, dir).run(t).
		fails(t, codePolicy, "no profile down to localhost", "cannot load seccomp profile").hints(t, name)

	write(t, file, profile)
	run().succeeds(t).tried(t, "stock") // an entry of the profile cache is valid for a day
	entries, err := filepath.Glob(filepath.Join(cache, "kubectl-img", "profiles", "*"))
	if err != nil || len(entries) != 1 {
		t.Fatalf("entries of the profile cache: %s, %v", entries, err)
	}
	old := time.Now().Add(-25 * time.Hour)
	if err := os.Chtimes(entries[0], old, old); err != nil {
		t.Fatal(err)
	}
	run().succeeds(t).tried(t, "userns")
}

// autoUserNamespacesDropped drops fields with a mutating policy, without an error. An API server with a disabled feature gate does the same.
func autoUserNamespacesDropped(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fields []string
		says   string // by a build with the named profile
		code   int
		tried  []string // by auto: what built, and what failed before
	}{
		"hostUsers and procMount": {
			[]string{"/spec/containers/0/securityContext/procMount", "/spec/hostUsers"}, "dropped or changed spec.hostUsers", codeInternal, []string{"localhost", "userns"},
		},
		"hostUsers alone": {[]string{"/spec/hostUsers"}, "procMount", codePolicy, []string{"localhost", "userns", "stock"}}, // userns is invalid
		"procMount alone": {[]string{"/spec/containers/0/securityContext/procMount"}, "dropped or changed securityContext.procMount", codeInternal, []string{"stock", "userns"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ns := namespace(t, baseline)
			dropFields(t, ns, c.fields...)
			dir := only(t, shell("RUN true"))
			build(ns, "-t", repository(ns), dir).run(t).succeeds(t).tried(t, c.tried[0], c.tried[1:]...)
			build(ns, "-t", repository(ns)+":named", "--profile", "userns", dir).run(t).fails(t, c.code, c.says)
			if isPushed(t, repository(ns)+":named") {
				t.Error("built with less isolation than --profile requires")
			}
		})
	}
}

func autoSeccompDropped(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	dropFields(t, ns, "/spec/securityContext/seccompProfile")
	dir := only(t, shell("RUN true"))
	build(ns, "-t", repository(ns)+":named", "--profile", "userns", dir).run(t).fails(t, codeInternal, "dropped or changed securityContext.seccompProfile")
	if isPushed(t, repository(ns)+":named") {
		t.Error("built with less isolation than --profile requires")
	}
	build(ns, "-t", repository(ns), dir).run(t).succeeds(t).tried(t, "unset", "userns", "stock", "localhost", "stock")
}

// autoPodCheck uses an image whose grep finds covered parts of /proc, as on a node that ignores procMount: only the pod itself notices that. The build
// context must be sent once, to the pod that passes its check, because an archive on stdin can't be read again.
func autoPodCheck(t *testing.T) {
	t.Parallel()
	image := shared.Registry + "/e2e/builder:covered-proc"
	pushWithFile(t, shared.LegacyImage, image, map[string]string{
		"usr/local/bin/grep": "#!/bin/sh\ncase $* in *mountinfo*) exit 0 ;; esac\nexec /bin/grep \"$@\"\n",
	})
	for _, source := range []string{"archive", "directory"} {
		t.Run(source, func(t *testing.T) {
			t.Parallel()
			ns, cache := namespace(t, baseline), t.TempDir()
			files := map[string]string{"Dockerfile": shell("COPY file /"), "file": "content"}
			dir := contextOf(t, files)
			for _, left := range [][]string{{"userns", "stock"}, nil} {
				c := build(ns, "-t", repository(ns), "--image", image, dir)
				if source == "archive" {
					c.args[len(c.args)-1] = "-"
					c.stdin = strings.NewReader(archiveOf(t, files))
				}
				r := c.withCache(cache).run(t).succeeds(t).tried(t, "localhost", left...)
				if n := strings.Count(r.stderr, "sent the build context"); n != 1 || strings.Contains(r.stderr, "sending it again") {
					t.Errorf("sent %d times:\n%s", n, r.stderr)
				}
				if left != nil {
					r.says(t, "the node covers parts of /proc")
				}
			}
			if got := fileIn(t, pull(t, repository(ns)), "file"); got != "content" {
				t.Errorf("content %q", got)
			}
		})
	}
}

// autoOtherFailures expects that a failure which has nothing to do with isolation ends the build: no other profile is tried.
func autoOtherFailures(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	for name, c := range map[string]struct {
		flag, value, says string
		code              int
	}{
		"builder image can't be pulled":    {"--image", shared.Registry + "/no/such/builder:1", "ErrImagePull", codeInternal},
		"builder image without the engine": {"--image", busybox(), "the builder image has no img", codeInternal},
		"newuidmap can't map":              {"--image", shared.LegacySetuidImage, "cap_setuid", codeInternal},
		"service account is missing":       {"--service-account", "nope", "error looking up service account", codePolicy},
		"right is missing":                 {"--as", "nobody", "cannot create resource", codePolicy},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := build(ns, "-t", repository(ns), c.flag, c.value, smallContext(t)).run(t).fails(t, c.code, c.says)
			if name != "newuidmap can't map" && r.profilesTried().failed != nil { // the ids of that image do not fit into a user namespace, either
				t.Errorf("another profile was tried:\n%s", r.stderr)
			}
		})
	}
}
