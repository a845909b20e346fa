package podspec_test

import (
	"slices"
	"testing"

	"github.com/kubectl-img/kubectl-img/podspec"
)

// TestRefusesToo has the profiles that a node refuses as well after it has refused the pod of one profile. The second form of the profiles
// restricted and stock has no user namespace of its own.
func TestRefusesToo(t *testing.T) {
	const named = "kubectl-img"
	for _, c := range []struct {
		control  podspec.Control
		tried    podspec.Profile
		appArmor string
		want     []string
	}{
		{podspec.AppArmor, podspec.UserNS, "", []string{"restricted", "restricted-host", "localhost", "unset"}},
		{podspec.AppArmor, podspec.UserNS, named, []string{"restricted", "restricted-host", "localhost"}},
		{podspec.AppArmor, podspec.Unset, named, nil},
		{podspec.AppArmor, podspec.Unconfined, "", nil},
		{podspec.NoAppArmor, podspec.UserNS, "", []string{"restricted", "restricted-host", "localhost", "unset", "unconfined"}},
		{podspec.NoAppArmor, podspec.Unset, named, []string{"unconfined"}},
		{podspec.Seccomp, podspec.UserNS, "", []string{"restricted", "restricted-host", "localhost"}},
		{podspec.Seccomp, podspec.Unset, "", nil},
		{podspec.PodUserNamespace, podspec.UserNS, "", []string{"stock", "restricted"}},
		{podspec.WholeProc, podspec.UserNS, "", nil},
		{podspec.IDMapping, podspec.UserNS, "", []string{"localhost", "unset", "unconfined"}},
		{podspec.PodUserNamespace, podspec.Stock, "", []string{"userns", "restricted"}},
		{podspec.StepContainers, podspec.Stock, "", []string{"stock-host"}},
		{podspec.Seccomp, podspec.Stock, "", []string{"stock-host"}},
		{podspec.UserNamespaces, podspec.Localhost, "", []string{"userns", "restricted", "restricted-host", "unset", "unconfined"}},
		{"", podspec.UserNS, "", nil},
	} {
		tried := minimal(c.tried)
		tried.AppArmorProfile = c.appArmor
		refused, err := podspec.Pod(tried)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, profile := range podspec.Profiles() {
			for _, host := range []bool{false, true} {
				next := minimal(profile)
				next.AppArmorProfile, next.HostUsers = c.appArmor, host
				name := string(profile)
				if host {
					name += "-host"
				}
				if profile == c.tried && !host || host && !profile.UserNamespaceOptional() {
					continue
				}
				pod, err := podspec.Pod(next)
				if err != nil {
					t.Fatal(err)
				}
				if c.control.RefusesToo(refused, profile, pod) {
					got = append(got, name)
				}
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%q refuses %s (AppArmor profile %q): also %q, want %q", c.control, c.tried, c.appArmor, got, c.want)
		}
	}
}
