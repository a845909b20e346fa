package plugin

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"k8s.io/client-go/rest"

	"github.com/kubectl-img/kubectl-img/podspec"
)

func TestMemory(t *testing.T) {
	m, now := memory(filepath.Join(t.TempDir(), "kubectl-img", "profiles", "x")), time.Now()
	recalls := func(when string, now time.Time, want podspec.Profile) {
		t.Helper()
		if got := m.recall(now); got != want {
			t.Errorf("%s: %q, want %q", when, got, want)
		}
	}
	recalls("nothing kept", now, "")
	for _, p := range []podspec.Profile{podspec.Localhost, podspec.Unset} {
		if err := m.keep(p); err != nil {
			t.Fatal(err)
		}
		recalls("kept", now, p)
	}
	recalls("almost a day later", now.Add(memoryLasts-time.Minute), podspec.Unset)
	recalls("more than a day later", now.Add(memoryLasts+time.Minute), "")
	recalls("kept by a clock that is wrong", now.Add(-memoryLasts-time.Minute), "")
	if info, err := os.Stat(string(m)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	for _, damage := range []string{"", "privileged\n", "userns localhost\n"} {
		write(t, string(m), damage)
		recalls("damaged", now, "")
	}
	write(t, string(m), "userns\n")
	if err := os.Chtimes(string(m), now, now.Add(-memoryLasts-time.Minute)); err != nil {
		t.Fatal(err)
	}
	if err := memory(string(m) + "y").keep(podspec.UserNS); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(string(m)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("an old one is left: %v", err)
	}
	write(t, string(m), "userns\n")
	m.forget()
	recalls("forgotten", now, "")
	m.forget() // is no error
}

func TestMemoryIsOptional(t *testing.T) {
	none := memoryOf("", &rest.Config{}, planOf(t).Pod)
	if err := none.keep(podspec.UserNS); err != nil || none != "" || none.recall(time.Now()) != "" {
		t.Errorf("%q, %v", none, err)
	}
	file := filepath.Join(t.TempDir(), "file")
	write(t, file, "")
	unwritable := memory(filepath.Join(file, "x"))
	if err := unwritable.keep(podspec.UserNS); err == nil || unwritable.recall(time.Now()) != "" {
		t.Errorf("%v", err)
	}
}

func planOf(t *testing.T, args ...string) *Plan {
	t.Helper()
	plan, err := newBench(t).plan(append(args, "-t", "app", ".")...)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// What is asked decides what is remembered: cluster, namespace, builder image and seccomp profile; nothing else does.
func TestMemoryIsOfOneQuestion(t *testing.T) {
	dir := t.TempDir()
	ca := filepath.Join(dir, "ca.crt")
	write(t, ca, "authority")
	here := &rest.Config{Host: "https://a", TLSClientConfig: rest.TLSClientConfig{CAFile: ca}}
	of := func(c *rest.Config, args ...string) memory { return memoryOf(dir, c, planOf(t, args...).Pod) }
	base := of(here)
	same := of(&rest.Config{Host: "https://a", TLSClientConfig: rest.TLSClientConfig{CAData: []byte("authority")}}, "--name", "x", "--profile", "userns")
	if base != same {
		t.Errorf("%s and %s", base, same)
	}
	seen := map[memory]string{base: "the first"}
	for name, m := range map[string]memory{
		"another address":   of(&rest.Config{Host: "https://b", TLSClientConfig: here.TLSClientConfig}),
		"another authority": of(&rest.Config{Host: "https://a", TLSClientConfig: rest.TLSClientConfig{CAData: []byte("other")}}),
		"another namespace": of(here, "-n", "ci"),
		"another image":     of(here, "--image", "r.example/b:1"),
		"another profile":   of(here, "--seccomp-profile", "x.json"),
	} {
		if other, found := seen[m]; found {
			t.Errorf("%s is taken for %s", name, other)
		}
		seen[m] = name
	}
}
