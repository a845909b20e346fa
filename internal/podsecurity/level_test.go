package podsecurity_test

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/utils/ptr"

	"github.com/kubectl-img/kubectl-img/internal/podsecurity"
)

// pod returns a pod that level restricted admits, after the changes.
func pod(changes ...func(*corev1.Pod, *corev1.SecurityContext)) *corev1.Pod {
	p := &corev1.Pod{Spec: corev1.PodSpec{
		SecurityContext: &corev1.PodSecurityContext{
			RunAsNonRoot: ptr.To(true), SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
		},
		Containers: []corev1.Container{{Name: "builder", SecurityContext: &corev1.SecurityContext{
			AllowPrivilegeEscalation: ptr.To(false), Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
		}}},
	}}
	for _, change := range changes {
		change(p, p.Spec.Containers[0].SecurityContext)
	}
	return p
}

func TestStrictestLevel(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*corev1.Pod, *corev1.SecurityContext)
		want   api.Level
	}{
		"nothing relaxed":      {func(*corev1.Pod, *corev1.SecurityContext) {}, api.LevelRestricted},
		"privilege escalation": {func(_ *corev1.Pod, c *corev1.SecurityContext) { c.AllowPrivilegeEscalation = nil }, api.LevelBaseline},
		"default capabilities": {func(_ *corev1.Pod, c *corev1.SecurityContext) { c.Capabilities = nil }, api.LevelBaseline},
		"no seccomp profile":   {func(p *corev1.Pod, _ *corev1.SecurityContext) { p.Spec.SecurityContext.SeccompProfile = nil }, api.LevelBaseline},
		"privileged container": {func(_ *corev1.Pod, c *corev1.SecurityContext) { c.Privileged = ptr.To(true) }, api.LevelPrivileged},
		"host network":         {func(p *corev1.Pod, _ *corev1.SecurityContext) { p.Spec.HostNetwork = true }, api.LevelPrivileged},
	} {
		t.Run(name, func(t *testing.T) {
			if got := podsecurity.StrictestLevel(pod(c.change)); got != c.want {
				t.Errorf("level %s, want %s", got, c.want)
			}
		})
	}
}
