package podspec_test

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"

	"github.com/kubectl-img/kubectl-img/podspec"
)

// TestAppArmorProfileIsForTheConfinedProfiles: it takes nothing from the level that they pass, and a profile that asks for less
// confinement does not get it.
func TestAppArmorProfileIsForTheConfinedProfiles(t *testing.T) {
	for _, profile := range podspec.Profiles() {
		options := minimal(profile)
		options.AppArmorProfile = "kubectl-img"
		pod, err := podspec.Pod(options)
		if err != nil {
			t.Fatal(err)
		}
		got := pod.Spec.SecurityContext.AppArmorProfile
		named := got != nil && got.Type == corev1.AppArmorProfileTypeLocalhost && *got.LocalhostProfile == "kubectl-img"
		if want := profile != podspec.Unset && profile != podspec.Unconfined; named != want {
			t.Errorf("%s: AppArmor profile %v", profile, got)
		} else if reasons := violations(t, pod, api.LevelBaseline, api.LatestVersion()); want && len(reasons) > 0 {
			t.Errorf("%s: %q", profile, reasons)
		}
	}
}
