package podspec_test

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"

	"github.com/kubectl-img/kubectl-img/podspec"
)

// TestAppArmorProfile checks which profiles use the named AppArmor profile, and that these still pass level baseline.
func TestAppArmorProfile(t *testing.T) {
	for profile, want := range map[podspec.Profile]bool{
		podspec.Stock: false, podspec.UserNS: true, podspec.Restricted: true, podspec.Localhost: true, podspec.Unset: false, podspec.Unconfined: false,
	} {
		t.Run(string(profile), func(t *testing.T) {
			options := minimal(profile)
			options.AppArmorProfile = "kubectl-img"
			pod, err := podspec.Pod(options)
			if err != nil {
				t.Fatal(err)
			}
			got := pod.Spec.SecurityContext.AppArmorProfile
			used := got != nil && got.Type == corev1.AppArmorProfileTypeLocalhost && *got.LocalhostProfile == "kubectl-img"
			if used != want || profile.NeedsNodeProfiles() != want {
				t.Errorf("AppArmor profile %v, want kubectl-img: %v", got, want)
			}
			if reasons := violations(t, pod, api.LevelBaseline, api.LatestVersion()); want && len(reasons) > 0 {
				t.Errorf("level baseline: %q", reasons)
			}
		})
	}
}
