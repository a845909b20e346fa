package podsecurity_test

import (
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
	"k8s.io/utils/ptr"

	"github.com/kubectl-img/kubectl-img/internal/podsecurity"
)

// podSecurityMessage returns what the API server answers to a create of the pod: Kubernetes' own reasons, in the format of
// k8s.io/pod-security-admission/admission.
func podSecurityMessage(t *testing.T, level api.LevelVersion, pod *corev1.Pod) string {
	t.Helper()
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	result := policy.AggregateCheckResults(evaluator.EvaluatePod(level, &pod.ObjectMeta, &pod.Spec))
	if result.Allowed {
		t.Fatalf("%s admits the pod", level)
	}
	return fmt.Sprintf("pods %q is forbidden: violates PodSecurity %q: %s", "img-1", level.String(), result.ForbiddenDetail())
}

// TestOlderBaseline has the pod of profile userns, which only older versions of level baseline refuse for procMount.
func TestOlderBaseline(t *testing.T) {
	unmasked := func(hostUsers *bool, network bool) *corev1.Pod {
		return pod(func(p *corev1.Pod, c *corev1.SecurityContext) {
			p.Spec.HostUsers, p.Spec.HostNetwork = hostUsers, network
			c.ProcMount = ptr.To(corev1.UnmaskedProcMount)
		})
	}
	older := api.LevelVersion{Level: api.LevelBaseline, Version: api.MajorMinorVersion(1, 34)}
	if message := podSecurityMessage(t, older, unmasked(ptr.To(false), false)); !podsecurity.OlderBaseline(message) {
		t.Error(message)
	}
	for _, message := range []string{
		podSecurityMessage(t, older, unmasked(ptr.To(false), true)), // the host's network is another reason
		podSecurityMessage(t, api.LevelVersion{Level: api.LevelRestricted, Version: api.MajorMinorVersion(1, 34)}, unmasked(ptr.To(false), false)),
		"exceeded quota: procMount",
	} {
		if podsecurity.OlderBaseline(message) {
			t.Error(message)
		}
	}
}

func TestViolatedLevel(t *testing.T) {
	privileged := pod(func(_ *corev1.Pod, c *corev1.SecurityContext) { c.Privileged = ptr.To(true) })
	for _, want := range []api.LevelVersion{
		{Level: api.LevelBaseline, Version: api.LatestVersion()},
		{Level: api.LevelRestricted, Version: api.MajorMinorVersion(1, 34)},
	} {
		t.Run(want.String(), func(t *testing.T) {
			if got, ok := podsecurity.ViolatedLevel(podSecurityMessage(t, want, privileged)); !ok || got != want {
				t.Errorf("%s, %v", got, ok)
			}
		})
	}
	for name, message := range map[string]string{
		"another message": `pods "img-1" is forbidden: exceeded quota: small`,
		"unknown level":   `violates PodSecurity "strict:latest": hostNetwork`,
		"cut off":         `violates PodSecurity "baseline:lat`,
		"empty":           "",
	} {
		t.Run(name, func(t *testing.T) {
			if got, ok := podsecurity.ViolatedLevel(message); ok {
				t.Errorf("read level %s", got)
			}
		})
	}
}

func TestRefusal(t *testing.T) {
	forbidden := func(text string) metav1.Status {
		return metav1.Status{Reason: metav1.StatusReasonForbidden, Message: `pods "img-1" is forbidden: ` + text}
	}
	invalid := func(field, text string) metav1.Status {
		return metav1.Status{
			Reason: metav1.StatusReasonInvalid, Message: `Pod "img-1" is invalid: ` + field + ": " + text,
			Details: &metav1.StatusDetails{Causes: []metav1.StatusCause{{Field: field, Message: text}}},
		}
	}
	baseline := api.LevelVersion{Level: api.LevelBaseline, Version: api.LatestVersion()}
	unconfined := pod(func(p *corev1.Pod, _ *corev1.SecurityContext) {
		p.Spec.SecurityContext.SeccompProfile.Type = corev1.SeccompProfileTypeUnconfined
	})
	for name, c := range map[string]struct {
		status metav1.Status
		reason string // empty if the status is about something else
	}{
		"Pod Security":               {metav1.Status{Message: podSecurityMessage(t, baseline, unconfined)}, "refused by Pod Security baseline:latest"},
		"validating policy":          {forbidden("ValidatingAdmissionPolicy 'p' with binding 'b' denied request:\nno"), "ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no"},
		"webhook":                    {forbidden(`admission webhook "x.example" denied the request: no`), `admission webhook "x.example" denied the request: no`},
		"OpenShift":                  {forbidden("unable to validate against any security context constraint: [x]"), "unable to validate against any security context constraint: [x]"},
		"invalid security field":     {invalid("spec.containers[0].securityContext.procMount", "`hostUsers` must be false"), "procMount: `hostUsers` must be false"},
		"invalid field of no matter": {status: invalid("spec.containers[0].image", "Required value")},
		"quota":                      {status: forbidden("exceeded quota: small, requested: pods=1")},
		"missing right":              {status: forbidden(`User "dev" cannot create resource "pods" in API group ""`)},
		"LimitRange":                 {status: forbidden("maximum memory usage per Container is 1Gi")},
	} {
		t.Run(name, func(t *testing.T) {
			if reason, ok := podsecurity.Refusal(c.status); reason != c.reason || ok != (c.reason != "") {
				t.Errorf("%q, %v; want %q", reason, ok, c.reason)
			}
		})
	}
}
