package build

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-img/kubectl-img/internal/cluster"
	"github.com/kubectl-img/kubectl-img/internal/progress"
	"github.com/kubectl-img/kubectl-img/podspec"
)

// TestReady checks that the first profile that works is cached, and that a weak one warns.
func TestReady(t *testing.T) {
	for _, profile := range podspec.Profiles() {
		var out bytes.Buffer
		cache := profileCache(t.TempDir() + "/x")
		r := &run{
			Plan: &Plan{Fallbacks: []Candidate{{}}}, Connection: &cluster.Connection{Log: progress.NewLogger(progress.Auto, false, &out)},
			current: attempt{Candidate{Profile: profile, Pod: &corev1.Pod{}}, true, cache},
		}
		r.onReady()
		weak := strings.Contains(out.String(), fmt.Sprintf("warning: profile %s isolates less than", profile))
		if want := profile == podspec.Unset || profile == podspec.Unconfined; weak != want {
			t.Errorf("%s shows %q", profile, out.String())
		}
		if strings.Contains(out.String(), "stock without a user namespace") != (profile == podspec.Stock) { // this pod has none
			t.Errorf("%s shows %q", profile, out.String())
		}
		if got := cache.get(time.Now()); strings.TrimSuffix(string(got), "-host") != string(profile) || (got == profile) == profile.UserNamespaceOptional() {
			t.Errorf("cached %q, want %q, or its form without a user namespace", got, profile)
		}
	}
}
