package build_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"k8s.io/client-go/rest"

	"github.com/kubectl-img/kubectl-img/internal/build"
	"github.com/kubectl-img/kubectl-img/internal/clitest"
	"github.com/kubectl-img/kubectl-img/podspec"
)

func TestProfileCache(t *testing.T) {
	m, now := build.ProfileCache(filepath.Join(t.TempDir(), "kubectl-img", "profiles", "x")), time.Now()
	expect := func(when string, now time.Time, want podspec.Profile) {
		t.Helper()
		if got := m.Get(now); got != want {
			t.Errorf("%s: %q, want %q", when, got, want)
		}
	}
	expect("nothing kept", now, "")
	for _, p := range []podspec.Profile{podspec.Localhost, podspec.Unset} {
		if err := m.Put(p); err != nil {
			t.Fatal(err)
		}
		expect("kept", now, p)
	}
	expect("almost a day later", now.Add(build.ProfileCacheTTL-time.Minute), podspec.Unset)
	expect("more than a day later", now.Add(build.ProfileCacheTTL+time.Minute), "")
	expect("kept by a clock that is wrong", now.Add(-build.ProfileCacheTTL-time.Minute), "")
	if info, err := os.Stat(string(m)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	for _, damage := range []string{"", "privileged\n", "userns localhost\n"} {
		clitest.Write(t, string(m), damage)
		expect("damaged", now, "")
	}
	clitest.Write(t, string(m), "userns\n")
	if err := os.Chtimes(string(m), now, now.Add(-build.ProfileCacheTTL-time.Minute)); err != nil {
		t.Fatal(err)
	}
	if err := build.ProfileCache(string(m) + "y").Put(podspec.UserNS); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(string(m)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("an old one is left: %v", err)
	}
	clitest.Write(t, string(m), "userns\n")
	m.Remove()
	expect("forgotten", now, "")
	m.Remove() // is no error
}

func TestProfileCacheIsOptional(t *testing.T) {
	none := build.NewProfileCache("", &rest.Config{}, planOf(t).Pod)
	if err := none.Put(podspec.UserNS); err != nil || none != "" || none.Get(time.Now()) != "" {
		t.Errorf("%q, %v", none, err)
	}
	file := filepath.Join(t.TempDir(), "file")
	clitest.Write(t, file, "")
	unwritable := build.ProfileCache(filepath.Join(file, "x"))
	if err := unwritable.Put(podspec.UserNS); err == nil || unwritable.Get(time.Now()) != "" {
		t.Errorf("%v", err)
	}
}
