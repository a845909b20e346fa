package podspec_test

import (
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"

	"github.com/kubectl-img/kubectl-img/podspec"
)

// TestPodSecurityLevel checks, with Kubernetes' own evaluator, the strictest level that each profile passes and the next one, which it
// does not pass.
func TestPodSecurityLevel(t *testing.T) {
	v134, v135, latest := api.MajorMinorVersion(1, 34), api.MajorMinorVersion(1, 35), api.LatestVersion()
	tests := []struct {
		profile podspec.Profile
		level   api.Level
		version api.Version
		passes  bool
	}{
		{podspec.Stock, api.LevelBaseline, v134, true},
		{podspec.Stock, api.LevelBaseline, latest, true},
		{podspec.Stock, api.LevelRestricted, latest, false},
		{podspec.UserNS, api.LevelBaseline, v135, true},
		{podspec.UserNS, api.LevelBaseline, latest, true},
		{podspec.UserNS, api.LevelBaseline, v134, false},
		{podspec.UserNS, api.LevelRestricted, latest, false},
		{podspec.Localhost, api.LevelBaseline, v134, true},
		{podspec.Localhost, api.LevelBaseline, latest, true},
		{podspec.Localhost, api.LevelRestricted, latest, false},
		{podspec.Unset, api.LevelBaseline, latest, true},
		{podspec.Unset, api.LevelRestricted, latest, false},
		{podspec.Unconfined, api.LevelPrivileged, latest, true},
		{podspec.Unconfined, api.LevelBaseline, latest, false},
	}
	for _, tt := range tests {
		t.Run(string(tt.profile)+"/"+string(tt.level)+"/"+tt.version.String(), func(t *testing.T) {
			pod, err := podspec.Pod(minimal(tt.profile))
			if err != nil {
				t.Fatal(err)
			}
			if reasons := violations(t, pod, tt.level, tt.version); (len(reasons) == 0) != tt.passes {
				t.Errorf("passes = %v, want %v; violations: %q", len(reasons) == 0, tt.passes, reasons)
			}
		})
	}
}

// TestPodSecurityRestricted checks that the pod of profile restricted passes every version of its level, in each of its forms.
func TestPodSecurityRestricted(t *testing.T) {
	for _, hostUsers := range []bool{false, true} {
		for _, appArmor := range []string{"", "kubectl-img"} {
			t.Run(fmt.Sprintf("host users %v, AppArmor profile %q", hostUsers, appArmor), func(t *testing.T) {
				options := minimal(podspec.Restricted)
				options.HostUsers, options.AppArmorProfile = hostUsers, appArmor
				pod, err := podspec.Pod(options)
				if err != nil {
					t.Fatal(err)
				}
				versions := []api.Version{api.LatestVersion()}
				for minor := range newestMinor + 1 {
					versions = append(versions, api.MajorMinorVersion(1, minor))
				}
				for _, version := range versions {
					if reasons := violations(t, pod, api.LevelRestricted, version); len(reasons) > 0 {
						t.Errorf("%s: %q", version, reasons)
					}
				}
			})
		}
	}
}

// newestMinor is a minor version after the last one that changed a check.
const newestMinor = 40

func violations(t *testing.T, pod *corev1.Pod, level api.Level, version api.Version) []string {
	t.Helper()
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var reasons []string
	for _, r := range evaluator.EvaluatePod(api.LevelVersion{Level: level, Version: version}, &pod.ObjectMeta, &pod.Spec) {
		if !r.Allowed {
			reasons = append(reasons, r.ForbiddenReason+": "+r.ForbiddenDetail)
		}
	}
	return reasons
}
