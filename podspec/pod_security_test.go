package podspec_test

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"

	"github.com/kubectl-img/kubectl-img/podspec"
)

// TestPodSecurityLevel pins, with Kubernetes' own evaluator, the strictest level each profile passes and the next that it does not.
func TestPodSecurityLevel(t *testing.T) {
	v134, v135, latest := api.MajorMinorVersion(1, 34), api.MajorMinorVersion(1, 35), api.LatestVersion()
	tests := []struct {
		profile podspec.Profile
		level   api.Level
		version api.Version
		passes  bool
	}{
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

// TestRestrictedPassesEveryVersion holds the profile to what it is for, with a user namespace of the pod's own and without, and with what
// the nodes have of AppArmor.
func TestRestrictedPassesEveryVersion(t *testing.T) {
	for _, hostUsers := range []bool{false, true} {
		for _, appArmor := range []string{"", "kubectl-img"} {
			options := minimal(podspec.Restricted)
			options.HostUsers, options.AppArmorProfile = hostUsers, appArmor
			pod, err := podspec.Pod(options)
			if err != nil {
				t.Fatal(err)
			}
			versions := []api.Version{api.LatestVersion()}
			for minor := range newestPolicy + 1 {
				versions = append(versions, api.MajorMinorVersion(1, minor))
			}
			for _, version := range versions {
				if reasons := violations(t, pod, api.LevelRestricted, version); len(reasons) > 0 {
					t.Errorf("%s, hostUsers %v, AppArmor %q: %q", version, hostUsers, appArmor, reasons)
				}
			}
		}
	}
}

// newestPolicy is a minor version later than any that changed a policy.
const newestPolicy = 40

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
