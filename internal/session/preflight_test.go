package session

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubectl-img/kubectl-img/internal/engine"
)

// node is what the check looks at: files in /proc, and programs. Without changes it is a node on which builds work.
type node struct {
	env   []string
	proc  map[string]string
	tools map[string]string // programs by name, as scripts
}

const (
	hostIDs = "         0          0 4294967295\n"
	ownIDs  = "         0    1131072      65536\n"
	status  = "Name:\tsh\nNoNewPrivs:\t0\nSeccomp:\t2\nSeccomp_filters:\t1\nCapBnd:\t00000000000000c0\n"
	mounts  = "1 0 0:1 / / rw - overlay overlay rw\n2 1 0:2 / /proc rw - proc proc rw\n"
	masked  = mounts + "3 2 0:3 /kcore /proc/kcore rw - tmpfs tmpfs rw\n"
	fails   = "echo 'no: Operation not permitted' >&2; exit 1"

	olderEngine = "[ \"$1\" != unshare ] || exit 1\n" // it has no such verb
	mapAuto     = `[ "$1" = --map-auto ] && shift && MAPPED=yes exec "$@"`
)

func (n node) start(t *testing.T, shell []string) *pod {
	t.Helper()
	return n.startWith(t, shell, nil)
}

// startWith writes further files into the pod's directory.
func (n node) startWith(t *testing.T, shell []string, files map[string]string) *pod {
	t.Helper()
	return startPodWith(t, shell, func(p *pod) {
		proc := map[string]string{"self/status": status, "self/uid_map": hostIDs, "self/mountinfo": masked}
		for name, text := range n.proc {
			proc[name] = text
		}
		if err := os.Remove(p.path("proc")); err != nil {
			t.Fatal(err)
		}
		for name, text := range proc {
			if err := os.MkdirAll(filepath.Dir(p.path("proc/"+name)), 0o700); err != nil {
				t.Fatal(err)
			}
			p.write("proc/"+name, text)
		}
		for name, script := range n.tools {
			p.write("bin/"+name, "#!/bin/sh\n"+script+"\n")
			if err := os.Chmod(p.path("bin/"+name), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		for name, text := range files {
			p.write(name, text)
		}
	}, n.env...)
}

func TestPreflight(t *testing.T) {
	failing := []string{"PROBE=engine"}
	older := []string{"PROBE=engine", "MAPS=engine unshare true", "ENTER_OLDER=mapper --map-auto", "NO_SANDBOX=sandbox is not available"}
	restricted := []string{"PROFILE=restricted", "LOSSES=losses", "TOOLS=ownership", "ENTER=command env A=1 ownership"}
	stock := []string{"PROFILE=stock", "SLOTS_CHECK=agent check", "SLOTS_ABILITY=\"slots\"", "ABOUT=about", "MAPS=no-such-engine", "PROBE=no-such-engine"}
	own := map[string]string{"self/uid_map": ownIDs}
	lacking := "echo 'ownership: the file system keeps no attributes' >&2; exit 126"
	for name, c := range map[string]struct {
		node    node
		want    string // in the reason; empty if the pod passes
		blocked bool   // by the pod or its node, not by the image
	}{
		"everything works":            {node: node{}},
		"everything works, userns":    {node: node{env: []string{"PROFILE=userns"}, proc: map[string]string{"self/uid_map": ownIDs, "self/mountinfo": mounts}}},
		"no seccomp where none asked": {node: node{proc: map[string]string{"self/status": "Seccomp:\t0\n"}}},
		"no tool":                     {node{env: []string{"TOOLS=no-such-engine"}}, "the builder image has no no-such-engine", false},
		"no user namespace":           {node{env: []string{"PROFILE=userns"}}, "the node gave the pod no user namespace (hostUsers: false)", true},
		"covered proc": {
			node{env: []string{"PROFILE=userns"}, proc: map[string]string{"self/uid_map": ownIDs}}, "the node covers parts of /proc (procMount)", true,
		},
		"no seccomp in a namespace": {
			node{env: []string{"PROFILE=userns"}, proc: map[string]string{"self/uid_map": ownIDs, "self/mountinfo": mounts, "self/status": "Seccomp:\t0\n"}},
			"the node applies no seccomp profile, which profile userns asks for", true,
		},
		"no seccomp": {node{env: []string{"PROFILE=localhost"}, proc: map[string]string{"self/status": "Seccomp:\t0\n"}}, "no seccomp profile, which profile localhost", true},
		"a kernel without seccomp": {
			node{env: []string{"PROFILE=localhost"}, proc: map[string]string{"self/status": "NoNewPrivs:\t0\n"}}, "no seccomp profile, which profile localhost", true,
		},
		"no_new_privs":    {node{proc: map[string]string{"self/status": "NoNewPrivs:\t1\nSeccomp:\t2\n"}}, "no_new_privs is set", true},
		"no range":        {node{env: []string{"USER=nobody-known"}}, "has no range for user nobody-known", false},
		"ids that exceed": {node{proc: map[string]string{"self/uid_map": "0 1 65534\n"}}, "exceeds the 65534 ids of the pod", true},
		"no namespaces":   {node{env: failing, proc: map[string]string{"sys/user/max_user_namespaces": "0\n"}}, "user.max_user_namespaces is 0", true},
		"Debian's switch": {node{env: failing, proc: map[string]string{"sys/kernel/unprivileged_userns_clone": "0\n"}}, "kernel.unprivileged_userns_clone is 0", true},
		"Ubuntu's switch": {
			node{env: failing, proc: map[string]string{"sys/kernel/apparmor_restrict_unprivileged_userns": "1\n", "self/attr/current": "unconfined\n"}},
			"kernel.apparmor_restrict_unprivileged_userns is 1", true,
		},
		"nested too deep": {
			node{env: failing, tools: map[string]string{"unshare": "echo 'unshare failed: No space left on device'; exit 1"}}, "the limit of user namespaces", true,
		},
		"unshare and seccomp": {node{env: failing, tools: map[string]string{"unshare": fails}}, "the seccomp profile of the pod denies user namespaces (unshare)", true},
		"unshare and AppArmor": {
			node{
				env: failing, tools: map[string]string{"unshare": fails},
				proc: map[string]string{"sys/kernel/apparmor_restrict_unprivileged_userns": "1\n", "self/attr/apparmor/current": "cri-containerd.apparmor.d (enforce)\n"},
			},
			"the AppArmor profile cri-containerd.apparmor.d (enforce) denies user namespaces", true,
		},
		"unshare and neither": {
			node{env: failing, tools: map[string]string{"unshare": fails}, proc: map[string]string{"self/status": "Seccomp:\t0\n"}}, "the kernel of the node denies user", true,
		},
		"mount and AppArmor": {
			node{
				env: failing, tools: map[string]string{"unshare": `case "$*" in *-m*) exit 1 ;; *) exec sleep 0.1 ;; esac`},
				proc: map[string]string{"self/attr/current": "docker-default (enforce)\n"},
			},
			"the AppArmor profile docker-default (enforce) denies mounts", true,
		},
		"no capabilities": {
			node{env: failing, proc: map[string]string{"self/status": "Seccomp:\t2\nCapBnd:\t0000000000000040\n"}, tools: map[string]string{"unshare": "exec sleep 0.1"}},
			"the pod lacks the capabilities SETUID and SETGID", true,
		},
		"newuidmap": {
			node{env: failing, tools: map[string]string{"unshare": "exec sleep 0.1", "newuidmap": fails}}, "cap_setuid, in place of a setuid bit: no: Operation not permitted", false,
		},
		"everything works, restricted": {node: node{env: restricted, proc: own, tools: map[string]string{"ownership": "true"}}},
		"everything works, restricted without a user namespace": {
			node: node{env: append(restricted, "HOST_USERS=true"), tools: map[string]string{"ownership": "true"}},
		},
		"restricted and no user namespace": {
			node{env: restricted, tools: map[string]string{"ownership": "true"}}, "the node gave the pod no user namespace (hostUsers: false), which profile restricted asks for", true,
		},
		"restricted and no seccomp": {
			node{env: restricted, proc: map[string]string{"self/uid_map": ownIDs, "self/status": "Seccomp:\t0\n"}, tools: map[string]string{"ownership": "true"}},
			"the node applies no seccomp profile, which profile restricted asks for", true,
		},
		"restricted and no attributes": {
			node{env: restricted, proc: own, tools: map[string]string{"ownership": lacking, "unshare": "exec sleep 0.1"}}, "the file system keeps no attributes", true,
		},
		"restricted and unshare": {
			node{env: restricted, proc: own, tools: map[string]string{"ownership": lacking, "unshare": fails}}, "the seccomp profile of the pod denies user namespaces (unshare)", true,
		},
		"restricted and something else": {
			node{env: restricted, proc: own, tools: map[string]string{"ownership": "echo 'unshare: no' >&2; exit 1", "unshare": "exec sleep 0.1"}}, "unshare: no", true,
		},
		"no ownership":            {node{env: restricted, proc: own}, "the builder image has no ownership", false},
		"everything works, stock": {node: node{env: stock, proc: own, tools: map[string]string{"agent": "true"}}},
		"everything works, stock without a user namespace": {
			node: node{env: append(stock, "HOST_USERS=true"), tools: map[string]string{"agent": "true"}},
		},
		"stock and no user namespace": {
			node{env: stock, tools: map[string]string{"agent": "true"}}, "the node gave the pod no user namespace (hostUsers: false), which profile stock asks for", true,
		},
		"stock and no seccomp": {
			node{env: stock, proc: map[string]string{"self/uid_map": ownIDs, "self/status": "Seccomp:\t0\n"}, tools: map[string]string{"agent": "true"}},
			"the node applies no seccomp profile, which profile stock asks for", true,
		},
		"stock and no answer of the agent": {
			node{env: stock, proc: own, tools: map[string]string{"agent": "echo one; echo 'slot a: no answer' >&2; exit 1", "about": `echo '{"abilities":["slots"]}'`}},
			"build steps can't run in a container of their own: slot a: no answer", true,
		},
		"stock and an older engine": {
			node{env: append(stock, "ABOUT=about"), proc: own, tools: map[string]string{"agent": "echo 'unknown command'; exit 1", "about": "echo old"}},
			"build steps can't run in a container of their own: the engine in the builder image is too old for that", true,
		},
		"the engine itself": {
			node{env: failing, tools: map[string]string{"unshare": "exec sleep 0.1", "newuidmap": "true", "engine": "echo one; echo two >&2; exit 3"}},
			"the engine does not start: two", true,
		},
		"a step can signal an older engine": {
			node{env: older, tools: map[string]string{"mapper": fails, "engine": olderEngine + "echo 'level=warning msg=\"Process sandbox is not available\"' >&2"}},
			"takes a signal that a build step can send for success", false,
		},
		"an older engine whose steps have a pid namespace": {node: node{env: older, tools: map[string]string{"mapper": fails, "engine": olderEngine}}},
		"an older engine in a namespace of util-linux":     {node: node{env: older, tools: map[string]string{"mapper": mapAuto, "engine": "exit 1"}}},
	} {
		t.Run(name, func(t *testing.T) {
			eachShell(t, func(t *testing.T, shell []string) {
				p := c.node.start(t, shell)
				var log bytes.Buffer
				ready := make(chan struct{})
				s, ctx := p.session(&log, func(s *Session) { s.handlers.Ready = func() { close(ready) } })
				if c.want == "" {
					select {
					case <-ready:
					case o := <-s.Result():
						t.Errorf("%v", o.Err)
					case <-ctx.Done():
						t.Error("not ready")
					}
					return
				}
				_, err := outcome(t, ctx, s)
				var failed *JobError
				if !errors.As(err, &failed) || failed.Phase != PhasePreflight || !strings.Contains(failed.Message, c.want) {
					t.Fatalf("%v, want %q", err, c.want)
				}
				if failed.Blocked() != c.blocked {
					t.Errorf("blocked: %v, want %v", failed.Blocked(), c.blocked)
				}
				if closed(ready) {
					t.Error("the pod is ready")
				}
			})
		})
	}
}

// refuse uploads to a pod that must not take anything, and returns the session's error.
func (p *pod) refuse(ctx context.Context, s *Session) error {
	p.t.Helper()
	payload := p.job(nil)
	payload.AfterCheck = true
	write, read := payload.Write, false
	payload.Write = func(w *tar.Writer) error {
		read = true
		return write(w)
	}
	uploaded := make(chan error, 1)
	ctx, cancel := context.WithCancel(ctx)
	go func() { uploaded <- s.Upload(ctx, payload, ignoreProgress) }()
	_, ended := outcome(p.t, ctx, s)
	cancel()
	if err := <-uploaded; err == nil || read {
		p.t.Errorf("%v, read %v", err, read)
	}
	return ended
}

func TestPreflightFailureTakesNoUpload(t *testing.T) {
	eachShell(t, func(t *testing.T, shell []string) {
		p := node{env: []string{"PROFILE=userns"}}.start(t, shell)
		var log bytes.Buffer
		s, ctx := p.session(&log)
		if err := p.refuse(ctx, s); err == nil {
			t.Error("no error")
		}
	})
}

// The job's steps run in the namespace that an older engine takes.
func TestOlderEngineIsEntered(t *testing.T) {
	eachShell(t, func(t *testing.T, shell []string) {
		p := node{env: []string{"MAPS=no-such-engine", "ENTER_OLDER=mapper --map-auto"}, tools: map[string]string{"mapper": mapAuto}}.start(t, shell)
		var log bytes.Buffer
		s, ctx := p.session(&log)
		if _, err := build(t, ctx, s, p.job(nil, sh(engine.PhaseBuild, "echo mapped: $MAPPED"))); err != nil || log.String() != "mapped: yes\n" {
			t.Errorf("%v, log %q", err, log.String())
		}
	})
}
