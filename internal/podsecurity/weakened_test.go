package podsecurity_test

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"

	"github.com/kubectl-img/kubectl-img/internal/podsecurity"
)

func TestCompare(t *testing.T) {
	seccomp := func(profile corev1.SeccompProfileType, file string) *corev1.PodSecurityContext {
		p := &corev1.SeccompProfile{Type: profile}
		if file != "" {
			p.LocalhostProfile = &file
		}
		return &corev1.PodSecurityContext{SeccompProfile: p}
	}
	localhost, otherFile := seccomp(corev1.SeccompProfileTypeLocalhost, "img.json"), seccomp(corev1.SeccompProfileTypeLocalhost, "other.json")
	unconfined, runtimeDefault := seccomp(corev1.SeccompProfileTypeUnconfined, ""), seccomp(corev1.SeccompProfileTypeRuntimeDefault, "")
	confined := &corev1.PodSecurityContext{
		SeccompProfile:  localhost.SeccompProfile,
		AppArmorProfile: &corev1.AppArmorProfile{Type: corev1.AppArmorProfileTypeLocalhost, LocalhostProfile: ptr.To("kubectl-img")},
	}
	appArmorOff := &corev1.AppArmorProfile{Type: corev1.AppArmorProfileTypeUnconfined}
	type change = func(*corev1.Pod, *corev1.SecurityContext)
	for name, c := range map[string]struct {
		requested *corev1.PodSecurityContext
		change    change
		field     string // empty if nothing is weaker
	}{
		"nothing changed":                    {localhost, func(*corev1.Pod, *corev1.SecurityContext) {}, ""},
		"no user namespace":                  {localhost, func(p *corev1.Pod, _ *corev1.SecurityContext) { p.Spec.HostUsers = nil }, "spec.hostUsers"},
		"masked /proc":                       {localhost, func(_ *corev1.Pod, c *corev1.SecurityContext) { c.ProcMount = nil }, "procMount"},
		"no security context":                {localhost, func(p *corev1.Pod, _ *corev1.SecurityContext) { p.Spec.Containers[0].SecurityContext = nil }, "procMount"},
		"another seccomp file":               {localhost, func(p *corev1.Pod, _ *corev1.SecurityContext) { p.Spec.SecurityContext = otherFile }, "seccompProfile"},
		"seccomp profile removed":            {localhost, func(p *corev1.Pod, _ *corev1.SecurityContext) { p.Spec.SecurityContext = nil }, "seccompProfile"},
		"seccomp profile of container":       {localhost, func(_ *corev1.Pod, c *corev1.SecurityContext) { c.SeccompProfile = unconfined.SeccompProfile }, "seccompProfile"},
		"unconfined where nothing was set":   {nil, func(p *corev1.Pod, _ *corev1.SecurityContext) { p.Spec.SecurityContext = unconfined }, "seccompProfile"},
		"default where nothing was set":      {nil, func(p *corev1.Pod, _ *corev1.SecurityContext) { p.Spec.SecurityContext = runtimeDefault }, ""},
		"default removed":                    {runtimeDefault, func(p *corev1.Pod, _ *corev1.SecurityContext) { p.Spec.SecurityContext = nil }, "seccompProfile"},
		"default replaced by a file":         {runtimeDefault, func(p *corev1.Pod, _ *corev1.SecurityContext) { p.Spec.SecurityContext = localhost }, "seccompProfile"},
		"default where unconfined was asked": {unconfined, func(p *corev1.Pod, _ *corev1.SecurityContext) { p.Spec.SecurityContext = runtimeDefault }, ""},
		"AppArmor profile removed":           {confined, func(p *corev1.Pod, _ *corev1.SecurityContext) { p.Spec.SecurityContext = localhost }, "appArmorProfile"},
		"another AppArmor profile": {confined, func(_ *corev1.Pod, c *corev1.SecurityContext) {
			c.AppArmorProfile = &corev1.AppArmorProfile{Type: corev1.AppArmorProfileTypeLocalhost, LocalhostProfile: ptr.To("other")}
		}, "appArmorProfile"},
		"AppArmor off where nothing was set": {localhost, func(_ *corev1.Pod, c *corev1.SecurityContext) { c.AppArmorProfile = appArmorOff }, ""},
		"AppArmor off":                       {confined, func(_ *corev1.Pod, c *corev1.SecurityContext) { c.AppArmorProfile = appArmorOff }, "appArmorProfile"},
		"AppArmor kept":                      {confined, func(*corev1.Pod, *corev1.SecurityContext) {}, ""},
		"privilege escalation":               {localhost, func(_ *corev1.Pod, c *corev1.SecurityContext) { c.AllowPrivilegeEscalation = ptr.To(true) }, "allowPrivilegeEscalation"},
		"a capability": {localhost, func(_ *corev1.Pod, c *corev1.SecurityContext) {
			c.Capabilities = &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}, Add: []corev1.Capability{"NET_ADMIN"}}
		}, "capabilities"},
		"shared process namespace": {localhost, func(p *corev1.Pod, _ *corev1.SecurityContext) { p.Spec.ShareProcessNamespace = ptr.To(true) }, "shareProcessNamespace"},
		"privileged":               {localhost, func(_ *corev1.Pod, c *corev1.SecurityContext) { c.Privileged = ptr.To(true) }, "privileged"},
		"host pids":                {localhost, func(p *corev1.Pod, _ *corev1.SecurityContext) { p.Spec.HostPID = true }, "hostPID"},
		"host network":             {localhost, func(p *corev1.Pod, _ *corev1.SecurityContext) { p.Spec.HostNetwork = true }, "hostNetwork"},
		"host ipc":                 {localhost, func(p *corev1.Pod, _ *corev1.SecurityContext) { p.Spec.HostIPC = true }, "hostIPC"},
	} {
		t.Run(name, func(t *testing.T) {
			requested := pod(func(p *corev1.Pod, c *corev1.SecurityContext) {
				p.Spec.HostUsers, c.ProcMount = ptr.To(false), ptr.To(corev1.UnmaskedProcMount)
			})
			requested.Spec.SecurityContext = c.requested
			stored := requested.DeepCopy()
			c.change(stored, stored.Spec.Containers[0].SecurityContext)
			weakened := podsecurity.Compare(requested, stored, []string{"builder"})
			if (weakened == nil) != (c.field == "") || weakened != nil && !strings.HasSuffix(weakened.Field, c.field) {
				t.Errorf("%v, want %q", weakened, c.field)
			}
		})
	}
}

// TestCompareSteps changes the container in which build steps run. Nothing of another container of the user's counts.
func TestCompareSteps(t *testing.T) {
	context := func(add ...corev1.Capability) *corev1.SecurityContext {
		return &corev1.SecurityContext{Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}, Add: add}}
	}
	requested := &corev1.Pod{Spec: corev1.PodSpec{
		SecurityContext: &corev1.PodSecurityContext{SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault}},
		Containers:      []corev1.Container{{Name: "builder", SecurityContext: context("CHOWN")}},
		InitContainers:  []corev1.Container{{Name: "step", SecurityContext: context("CHOWN", "SETUID"), RestartPolicy: ptr.To(corev1.ContainerRestartPolicyAlways)}},
	}}
	for name, c := range map[string]struct {
		change func(pod *corev1.Pod, step *corev1.Container)
		field  string
	}{
		"nothing":    {func(*corev1.Pod, *corev1.Container) {}, ""},
		"no sidecar": {func(_ *corev1.Pod, c *corev1.Container) { c.RestartPolicy = nil }, "initContainers.restartPolicy"},
		"a token": {func(_ *corev1.Pod, c *corev1.Container) {
			c.VolumeMounts = []corev1.VolumeMount{{Name: "token", MountPath: "/token"}}
		}, "volumeMounts"},
		"a capability": {func(_ *corev1.Pod, c *corev1.Container) {
			c.SecurityContext.Capabilities.Add = append(c.SecurityContext.Capabilities.Add, "SYS_ADMIN")
		}, "capabilities"},
		"nothing dropped": {func(_ *corev1.Pod, c *corev1.Container) { c.SecurityContext.Capabilities.Drop = nil }, "capabilities"},
		"privileged":      {func(_ *corev1.Pod, c *corev1.Container) { c.SecurityContext.Privileged = ptr.To(true) }, "privileged"},
		"seccomp": {func(_ *corev1.Pod, c *corev1.Container) {
			c.SecurityContext.SeccompProfile = &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeUnconfined}
		}, "seccompProfile"},
		"no step container": {func(p *corev1.Pod, _ *corev1.Container) { p.Spec.InitContainers = nil }, "capabilities"},
		"a mount of the builder": {func(p *corev1.Pod, _ *corev1.Container) {
			p.Spec.Containers[0].VolumeMounts = append(p.Spec.Containers[0].VolumeMounts, corev1.VolumeMount{Name: "token", MountPath: "/token"})
		}, ""},
		"another sidecar": {func(p *corev1.Pod, _ *corev1.Container) {
			p.Spec.Containers = append(p.Spec.Containers, corev1.Container{Name: "mesh", SecurityContext: &corev1.SecurityContext{Privileged: ptr.To(true)}})
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			stored := requested.DeepCopy()
			c.change(stored, &stored.Spec.InitContainers[0])
			weakened := podsecurity.Compare(requested, stored, []string{"builder", "step"})
			if (weakened == nil) != (c.field == "") || weakened != nil && weakened.Field != c.field && !strings.HasSuffix(weakened.Field, "."+c.field) {
				t.Errorf("%v, want %q", weakened, c.field)
			}
		})
	}
}

func TestWeakenedErrorHint(t *testing.T) {
	for field, want := range map[string]string{
		"spec.hostUsers": "feature gates", "securityContext.procMount": "feature gates", "initContainers.restartPolicy": "1.29", "securityContext.seccompProfile": "mutatingwebhookconfigurations",
	} {
		if hint := (&podsecurity.WeakenedError{Field: field}).Hint(); !strings.Contains(hint, want) {
			t.Errorf("%s: hint %q, want %q in it", field, hint, want)
		}
	}
}
