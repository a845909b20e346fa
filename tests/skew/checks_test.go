package skew_test

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"

	utilrand "k8s.io/apimachinery/pkg/util/rand"

	"github.com/kubectl-img/kubectl-img/tests/cluster/clustertest"
	"github.com/kubectl-img/kubectl-img/tests/compat"
)

// What the plugin says where the API server has its feature gates off, and where level baseline knows nothing of user namespaces.
const (
	dropped      = "the API server dropped or changed spec.hostUsers of the builder pod, which the profile needs"
	notAdmitted  = `violates PodSecurity "baseline:latest": procMount`
	tooOld       = "user namespaces, which profile userns asks for, are off by default before 1.33"
	codeInternal = 1
	codePolicy   = 5
)

// check is one thing that users do. It fails the test if the release decides otherwise than it should.
type check struct {
	what string
	run  func(*testing.T, *server) compat.Result
}

func checks() []check {
	return []check{
		{"version", version},
		{"setup", setup},
		{"doctor", doctor},
		{"build --profile auto, level baseline", auto},
		{"build --profile auto, level restricted", autoRestricted},
		{"build --profile userns, level privileged", userns},
		{"build --profile userns, level baseline", usernsBaseline},
		{"build --profile localhost, level baseline", profile("localhost", clustertest.Baseline)},
		{"build --profile unset, level baseline", profile("unset", clustertest.Baseline)},
		{"build --profile unconfined, level privileged", profile("unconfined", clustertest.Privileged)},
		{"build --detach, attach", attach},
		{"exec over WebSocket", transport("get")},
		{"exec over SPDY", transport("create", "KUBECTL_REMOTE_COMMAND_WEBSOCKETS=false")},
	}
}

// version must not warn of a release that this test runs.
func version(t *testing.T, s *server) compat.Result {
	o := s.call(t, nil, "version")
	if o.code != 0 || o.stderr != "" || !strings.Contains(o.stdout, "server: v"+s.minor+".") {
		t.Errorf("exit code %d, stdout %q, stderr %q", o.code, o.stdout, o.stderr)
	}
	return compat.Result{Outcome: compat.Works, Text: "no warning"}
}

// setup applies what it prints, and builds as the service account that it makes.
func setup(t *testing.T, s *server) compat.Result {
	ns := "skew-setup-" + utilrand.String(5)
	o := s.call(t, nil, "setup", "-n", ns, "--profile", "localhost")
	apply := exec.CommandContext(t.Context(), s.Bin+"/kubectl", "apply", "-f", "-")
	apply.Env, apply.Stdin = append(s.Env(), "HOME="+t.TempDir()), strings.NewReader(o.stdout)
	if text, err := apply.CombinedOutput(); err != nil || o.code != 0 {
		t.Fatalf("exit code %d, %v:\n%s%s", o.code, err, o.stderr, text)
	}
	t.Cleanup(func() { s.delete(t, ns) })
	s.succeeds(t, s.build(t, ns, nil, "--profile", "localhost", "--as", "system:serviceaccount:"+ns+":kubectl-img"), ns)
	return compat.Result{Outcome: compat.Builds, Text: "as the service account of setup, with the rights of its Role only"}
}

// doctor must say before any build what the release refuses.
func doctor(t *testing.T, s *server) compat.Result {
	o := s.call(t, nil, "doctor", "-n", s.namespace(t, clustertest.Baseline))
	if o.code != 0 {
		t.Fatalf("exit code %d:\n%s%s", o.code, o.stdout, o.stderr)
	}
	want, text := "the API server admits its pod", "no warning of the API server"
	switch {
	case !s.userNamespaces:
		want, text = "the API server drops hostUsers", tooOld
		if !strings.Contains(o.stdout, tooOld) {
			t.Errorf("no warning of the version:\n%s", o.stdout)
		}
	case !s.procMount:
		want, text = notAdmitted, "Pod Security of this release refuses the pod of profile userns"
		if !strings.Contains(o.stdout, "from version 1.35 of Pod Security on") {
			t.Errorf("nothing mends it:\n%s", o.stdout)
		}
	}
	for line := range strings.Lines(o.stdout) {
		if strings.Contains(line, "profile userns") && strings.Contains(line, want) {
			return compat.Result{Outcome: compat.Works, Text: text}
		}
	}
	t.Errorf("no line about profile userns has %q:\n%s", want, o.stdout)
	return compat.Result{Outcome: compat.Fails}
}

// auto takes the most isolated profile that the release admits, and says why it takes no other.
func auto(t *testing.T, s *server) compat.Result {
	ns := s.namespace(t, clustertest.Baseline)
	o := s.build(t, ns, nil)
	s.succeeds(t, o, ns)
	built, refused := "userns", ""
	switch {
	case !s.userNamespaces:
		built, refused = "localhost", dropped
	case !s.procMount:
		built, refused = "stock", "refused by Pod Security baseline:latest"
	}
	return s.with(t, o, built, refused)
}

// with checks which profile built, and that the output has the reason against profile userns, if there is one.
func (s *server) with(t *testing.T, o output, built, refused string) compat.Result {
	t.Helper()
	if !strings.Contains(o.stderr, "(profile "+built+")\n") {
		t.Errorf("not built with %s:\n%s", built, o.stderr)
	}
	text := "with " + built
	if refused != "" {
		if !strings.Contains(o.line(t, "profile userns does not work here, trying "+built+": "), refused) {
			t.Errorf("the reason lacks %q:\n%s", refused, o.stderr)
		}
		text += "; userns: " + refused
	}
	return compat.Result{Outcome: compat.Builds, Text: text}
}

// autoRestricted needs no feature gate: without user namespaces, the profile has another form.
func autoRestricted(t *testing.T, s *server) compat.Result {
	ns := s.namespace(t, clustertest.Restricted)
	o := s.build(t, ns, nil)
	s.succeeds(t, o, ns)
	text := "with restricted, in a user namespace of the pod's own"
	if !s.userNamespaces {
		text = "with restricted, without a user namespace of the pod's own"
		if !strings.Contains(o.stderr, "trying without: "+dropped) {
			t.Errorf("the dropped field is not named:\n%s", o.stderr)
		}
	}
	if !strings.Contains(o.stderr, "(profile restricted)\n") {
		t.Errorf("not built with restricted:\n%s", o.stderr)
	}
	return compat.Result{Outcome: compat.Builds, Text: text}
}

// userns is never weakened: what the API server drops ends the build.
func userns(t *testing.T, s *server) compat.Result {
	ns := s.namespace(t, clustertest.Privileged)
	o := s.build(t, ns, nil, "--profile", "userns")
	if s.userNamespaces {
		s.succeeds(t, o, ns)
		return compat.Result{Outcome: compat.Builds, Text: "in a user namespace of the pod's own"}
	}
	reason, hint := o.line(t, "error: "), o.line(t, "hint: ")
	if o.code != codeInternal || !strings.Contains(reason, dropped) || !strings.Contains(hint, "UserNamespacesSupport") {
		t.Errorf("exit code %d:\n%s", o.code, o.stderr)
	}
	return compat.Result{Outcome: compat.Refused, Text: reason}
}

// usernsBaseline has the level that setup gives a namespace for profile userns. Before Kubernetes 1.35, level baseline does not admit its pod.
func usernsBaseline(t *testing.T, s *server) compat.Result {
	ns := s.namespace(t, clustertest.Baseline)
	o := s.build(t, ns, nil, "--profile", "userns")
	if s.procMount {
		s.succeeds(t, o, ns)
		return compat.Result{Outcome: compat.Builds, Text: "in a user namespace of the pod's own"}
	}
	reason, hint := o.line(t, "error: "), o.line(t, "hint: ")
	want, code := dropped, codeInternal
	if s.userNamespaces {
		want, code = notAdmitted, codePolicy
	}
	if o.code != code || !strings.Contains(reason, want) || !strings.Contains(hint, "--profile localhost") || strings.Contains(hint, "--profile userns") {
		t.Errorf("exit code %d:\n%s", o.code, o.stderr)
	}
	return compat.Result{Outcome: compat.Refused, Text: strings.NewReplacer(ns, "NAMESPACE", o.pod(), "POD").Replace(reason)}
}

func profile(name, level string) func(*testing.T, *server) compat.Result {
	return func(t *testing.T, s *server) compat.Result {
		ns := s.namespace(t, level)
		s.succeeds(t, s.build(t, ns, nil, "--profile", name), ns)
		return compat.Result{Outcome: compat.Builds, Text: "pushed"}
	}
}

func attach(t *testing.T, s *server) compat.Result {
	ns := s.namespace(t, clustertest.Baseline)
	o := s.build(t, ns, nil, "--detach", "--profile", "localhost")
	if o.code != 0 {
		t.Fatalf("exit code %d:\n%s", o.code, o.stderr)
	}
	s.succeeds(t, s.call(t, nil, "attach", "-n", ns, strings.TrimSpace(o.stdout)), ns)
	return compat.Result{Outcome: compat.Builds, Text: "attach prints the log and the digest"}
}

// transport builds with one kind of connection, and reads from the audit log that no other was used: a WebSocket begins with a GET, SPDY with a POST.
func transport(verb string, env ...string) func(*testing.T, *server) compat.Result {
	return func(t *testing.T, s *server) compat.Result {
		ns := s.namespace(t, clustertest.Baseline)
		s.succeeds(t, s.build(t, ns, env, "--profile", "localhost"), ns)
		for used, n := range s.execVerbs(t, ns) {
			if used != verb {
				t.Errorf("%d requests to exec with verb %s, want %s only", n, used, verb)
			}
		}
		return compat.Result{Outcome: compat.Builds, Text: fmt.Sprintf("requests with verb %s only", verb)}
	}
}
