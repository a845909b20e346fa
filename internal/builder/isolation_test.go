package builder

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/fake"

	"github.com/kubectl-img/kubectl-img/internal/podsecurity"
)

// A profile gives way for reasons of isolation only. The words are those of Kubernetes 1.37, containerd 2.4 and runc 1.5.
func TestIsolation(t *testing.T) {
	pods := schema.GroupResource{Resource: "pods"}
	forbidden := func(text string) error { return apierrors.NewForbidden(pods, "img-1", errors.New(text)) }
	invalid := func(field, text string) error {
		return &apierrors.StatusError{ErrStatus: metav1.Status{
			Reason: metav1.StatusReasonInvalid, Message: `Pod "img-1" is invalid: ` + field + ": " + text,
			Details: &metav1.StatusDetails{Causes: []metav1.StatusCause{{Field: field, Message: text}}},
		}}
	}
	start := func(reason, message string) error { return &StartError{Reason: reason, Message: message} }
	for name, c := range map[string]struct {
		err error
		why string // empty where it is about something else
	}{
		"Pod Security": {
			forbidden(`violates PodSecurity "baseline:latest": seccompProfile (pod must not set securityContext.seccompProfile.type to "Unconfined")`),
			"refused by Pod Security baseline:latest",
		},
		"a validating policy": {
			forbidden(`ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no user namespaces here`),
			"ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no user namespaces here",
		},
		"a webhook":         {forbidden(`admission webhook "x.example" denied the request: no`), `admission webhook "x.example" denied the request: no`},
		"OpenShift":         {forbidden(`unable to validate against any security context constraint: [x]`), "unable to validate against any security context constraint: [x]"},
		"validation":        {invalid("spec.containers[0].securityContext.procMount", "`hostUsers` must be false"), "procMount: `hostUsers` must be false"},
		"a dropped field":   {fmt.Errorf("x: %w", &podsecurity.WeakenedError{Field: "spec.hostUsers"}), "dropped or changed spec.hostUsers"},
		"no profile":        {start("CreateContainerError", `cannot load seccomp profile "/x"`), `CreateContainerError: cannot load seccomp profile "/x"`},
		"no namespace":      {start(reasonNoSandbox, "runtime does not support user namespaces"), "does not support user namespaces"},
		"runc":              {&Termination{Code: 128, Reason: "StartError", Message: "error setting up idmap\nmounts"}, "StartError: error setting up idmap mounts"},
		"AppArmor":          {&Termination{Reason: "AppArmor", Message: "Cannot enforce AppArmor"}, "AppArmor: Cannot"},
		"quota":             {err: forbidden("exceeded quota: small, requested: pods=1")},
		"a right":           {err: apierrors.NewForbidden(pods, "", errors.New(`User "dev" cannot create resource "pods" in API group ""`))},
		"a service account": {err: forbidden(`error looking up service account ci/x: serviceaccount "x" not found`)},
		"a limit range":     {err: forbidden("maximum memory usage per Container is 1Gi")},
		"another field":     {err: invalid("spec.containers[0].image", "Required value")},
		"no such namespace": {err: apierrors.NewNotFound(schema.GroupResource{Resource: "namespaces"}, "ci")},
		"image":             {err: start("ErrImagePull", "no userns/image of this name")},
		"no shell":          {err: &Termination{Code: 128, Reason: "StartError", Message: `exec: "sh": executable file not found in $PATH`}},
		"no volume":         {err: start("CreateContainerError", "failed to mkdir /x: read-only file system")},
		"network":           {err: start(reasonNoSandbox, "plugin type=bridge failed")},
		"out of memory":     {err: &Termination{Code: 137, Reason: "OOMKilled"}},
		"the plugin's own":  {err: errors.New("seccomp")},
	} {
		t.Run(name, func(t *testing.T) {
			why, ok := Isolation(fmt.Errorf("create builder pod ci/img-1: %w", c.err))
			if ok != (c.why != "") || ok && !strings.Contains(why, c.why) {
				t.Errorf("%q, %v; want %q", why, ok, c.why)
			}
		})
	}
}

// The status says it later, and says nothing of a sandbox, which the kubelet tries to make for good.
func TestAwaitEndsWithAnEventThatRefusesTheIsolation(t *testing.T) {
	for _, c := range []struct{ reason, message, want string }{
		{"FailedCreatePodSandBox", "the runtime does not\nsupport user namespaces", "start builder pod: FailedCreatePodSandBox: the runtime does not support user namespaces"},
		{"Failed", "Error: cannot load seccomp profile", "start builder pod: CreateContainerError: cannot load seccomp profile"},
	} {
		client := fake.NewClientset()
		pod, err := Create(t.Context(), api(client), builderPod(), container)
		if err != nil {
			t.Fatal(err)
		}
		watched(t, client, event("Warning", "FailedCreatePodSandBox", "plugin type=bridge\nfailed", ""),
			event("Warning", "Failed", "Failed to pull image userns/x", container), event("Warning", c.reason, c.message, container))
		var reasons []string
		err = pod.Await(t.Context(), func(reason string) { reasons = append(reasons, reason) })
		var start *StartError
		if !errors.As(err, &start) || err.Error() != c.want || len(reasons) != 2 {
			t.Errorf("%v, reasons %q", err, reasons)
		}
	}
}
