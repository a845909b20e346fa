package builder

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubectl-img/kubectl-img/internal/podsecurity"
)

// TestIsolationFailure has the texts of Kubernetes 1.37, containerd 2.4 and runc 1.5.
func TestIsolationFailure(t *testing.T) {
	forbidden := func(text string) error { return apierrors.NewForbidden(podResource, "img-1", errors.New(text)) }
	invalid := func(field, text string) error {
		return &apierrors.StatusError{ErrStatus: metav1.Status{
			Reason: metav1.StatusReasonInvalid, Message: `Pod "img-1" is invalid: ` + field + ": " + text,
			Details: &metav1.StatusDetails{Causes: []metav1.StatusCause{{Field: field, Message: text}}},
		}}
	}
	start := func(reason, message string) error { return &StartError{Reason: reason, message: message} }
	for name, c := range map[string]struct {
		err  error
		want string // empty if the error is about something else
	}{
		"Pod Security": {
			forbidden(`violates PodSecurity "baseline:latest": seccompProfile (pod must not set securityContext.seccompProfile.type to "Unconfined")`),
			"refused by Pod Security baseline:latest",
		},
		"validating policy": {
			forbidden(`ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no user namespaces here`),
			"ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no user namespaces here",
		},
		"webhook":                       {forbidden(`admission webhook "x.example" denied the request: no`), `admission webhook "x.example" denied the request: no`},
		"OpenShift":                     {forbidden(`unable to validate against any security context constraint: [x]`), "unable to validate against any security context constraint: [x]"},
		"invalid security field":        {invalid("spec.containers[0].securityContext.procMount", "`hostUsers` must be false"), "procMount: `hostUsers` must be false"},
		"dropped field":                 {fmt.Errorf("x: %w", &podsecurity.WeakenedError{Field: "spec.hostUsers"}), "dropped or changed spec.hostUsers"},
		"seccomp profile missing":       {start("CreateContainerError", `cannot load seccomp profile "/x"`), `CreateContainerError: cannot load seccomp profile "/x"`},
		"runtime without namespaces":    {start(reasonNoSandbox, "runtime does not support user namespaces"), "does not support user namespaces"},
		"runc without id-mapped mounts": {&Termination{Code: 128, Reason: "StartError", Message: "error setting up idmap\nmounts"}, "StartError: error setting up idmap mounts"},
		"node without AppArmor":         {&Termination{Reason: "AppArmor", Message: "Cannot enforce AppArmor"}, "AppArmor: Cannot"},
		"quota":                         {err: forbidden("exceeded quota: small, requested: pods=1")},
		"missing right":                 {err: apierrors.NewForbidden(podResource, "", errors.New(`User "dev" cannot create resource "pods" in API group ""`))},
		"missing service account":       {err: forbidden(`error looking up service account ci/x: serviceaccount "x" not found`)},
		"LimitRange":                    {err: forbidden("maximum memory usage per Container is 1Gi")},
		"another invalid field":         {err: invalid("spec.containers[0].image", "Required value")},
		"missing namespace":             {err: apierrors.NewNotFound(schema.GroupResource{Resource: "namespaces"}, "ci")},
		"image named like a namespace":  {err: start("ErrImagePull", "no userns/image of this name")},
		"image without a shell":         {err: &Termination{Code: 128, Reason: "StartError", Message: `exec: "sh": executable file not found in $PATH`}},
		"volume not mounted":            {err: start("CreateContainerError", "failed to mkdir /x: read-only file system")},
		"network plugin":                {err: start(reasonNoSandbox, "plugin type=bridge failed")},
		"out of memory":                 {err: &Termination{Code: 137, Reason: "OOMKilled"}},
		"an error of ours":              {err: errors.New("seccomp")},
	} {
		t.Run(name, func(t *testing.T) {
			refusal, ok := IsolationFailure(fmt.Errorf("create builder pod ci/img-1: %w", c.err))
			if ok != (c.want != "") || ok && !strings.Contains(refusal.Reason, c.want) {
				t.Errorf("%q, %v; want %q", refusal.Reason, ok, c.want)
			}
		})
	}
}
