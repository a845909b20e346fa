package build_test

import (
	"path/filepath"
	"reflect"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/client-go/rest"

	"github.com/kubectl-img/kubectl-img/internal/build"
	"github.com/kubectl-img/kubectl-img/internal/clitest"
)

// TestProfileCacheKey checks that the key is made of everything that decides whether a profile works, and not of what each run chooses.
func TestProfileCacheKey(t *testing.T) {
	dir := t.TempDir()
	ca := filepath.Join(dir, "ca.crt")
	clitest.Write(t, ca, "authority")
	here := &rest.Config{Host: "https://a", TLSClientConfig: rest.TLSClientConfig{CAFile: ca}}
	of := func(c *rest.Config, args ...string) build.ProfileCache {
		return build.NewProfileCache(dir, c, planOf(t, args...).Pod)
	}
	base := of(here)
	same := of(&rest.Config{Host: "https://a", TLSClientConfig: rest.TLSClientConfig{CAData: []byte("authority")}}, "--name", "x", "--profile", "userns", "--timeout", "7m", "--detach-grace", "9s", "--detach")
	if base != same {
		t.Errorf("%s and %s", base, same)
	}
	if one, two := of(here, "--pod-label", "run=1"), of(here, "--pod-label", "run=2"); one != two {
		t.Errorf("%s and %s", one, two)
	}
	seen := map[build.ProfileCache]string{base: "the first"}
	for name, m := range map[string]build.ProfileCache{
		"another address":   of(&rest.Config{Host: "https://b", TLSClientConfig: here.TLSClientConfig}),
		"another authority": of(&rest.Config{Host: "https://a", TLSClientConfig: rest.TLSClientConfig{CAData: []byte("other")}}),
		"another namespace": of(here, "-n", "ci"),
		"another image":     of(here, "--image", "r.example/b:1"),
		"another user":      of(&rest.Config{Host: "https://a", TLSClientConfig: here.TLSClientConfig, Impersonate: rest.ImpersonationConfig{UserName: "u"}}),
		"another group":     of(&rest.Config{Host: "https://a", TLSClientConfig: here.TLSClientConfig, Impersonate: rest.ImpersonationConfig{Groups: []string{"g"}}}),
		"seccomp":           of(here, "--seccomp-profile", "x.json"),
		"AppArmor":          of(here, "--apparmor-profile", "x"),
		"other nodes":       of(here, "--node-selector", "pool=builders"),
		"tainted nodes":     of(here, "--toleration", "builders"),
		"another platform":  of(here, "--platform", "linux/arm64"),
		"a label":           of(here, "--pod-label", "exempt=true"),
		"an annotation":     of(here, "--pod-annotation", "sandbox=true"),
		"a cache volume":    of(here, "--cache-volume", "claim"),
		"a service account": of(here, "--service-account", "builder"),
	} {
		if other, found := seen[m]; found {
			t.Errorf("%s is taken for %s", name, other)
		}
		seen[m] = name
	}
}

// TestProfileCacheKeyHasTheWholePod changes each field of the pod, its containers and their security settings. One that is in no key would let a profile that worked for one
// pod pass for another, as --apparmor-profile did.
func TestProfileCacheKeyHasTheWholePod(t *testing.T) {
	dir, config, pod := t.TempDir(), &rest.Config{}, planOf(t, "--profile", "stock").Pod
	before := build.NewProfileCache(dir, config, pod)
	for what, c := range map[string]struct {
		of      func(*corev1.Pod) any
		ignored []string
	}{
		"spec":                          {func(p *corev1.Pod) any { return &p.Spec }, []string{"ActiveDeadlineSeconds"}},
		"spec.securityContext":          {func(p *corev1.Pod) any { return p.Spec.SecurityContext }, nil},
		"container":                     {func(p *corev1.Pod) any { return &p.Spec.Containers[0] }, []string{"Command", "Env"}},
		"step":                          {func(p *corev1.Pod) any { return &p.Spec.InitContainers[0] }, []string{"Command"}},
		"step.securityContext":          {func(p *corev1.Pod) any { return p.Spec.InitContainers[0].SecurityContext }, nil},
		"container.securityContext":     {func(p *corev1.Pod) any { return p.Spec.Containers[0].SecurityContext }, nil},
		"spec.securityContext.seccomp":  {func(p *corev1.Pod) any { return p.Spec.SecurityContext.SeccompProfile }, nil},
		"container.securityContext.add": {func(p *corev1.Pod) any { return p.Spec.Containers[0].SecurityContext.Capabilities }, nil},
	} {
		ignored := map[string]bool{}
		for _, name := range c.ignored {
			ignored[name] = true
		}
		fields := reflect.TypeOf(c.of(pod.DeepCopy())).Elem()
		for i := range fields.NumField() {
			other := pod.DeepCopy()
			change(reflect.ValueOf(c.of(other)).Elem().Field(i))
			name := fields.Field(i).Name
			if same := build.NewProfileCache(dir, config, other) == before; same != ignored[name] {
				t.Errorf("%s, %s: the key stays the same: %v, want %v", what, name, same, ignored[name])
			}
		}
	}
}

// change gives v another value.
func change(v reflect.Value) {
	if q, ok := v.Addr().Interface().(*resource.Quantity); ok {
		q.Add(resource.MustParse("1"))
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		change(v.Elem())
	case reflect.Slice:
		v.Set(reflect.Append(v, reflect.Zero(v.Type().Elem())))
		change(v.Index(v.Len() - 1))
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		change(key)
		change(value)
		if v.IsNil() {
			v.Set(reflect.MakeMap(v.Type()))
		}
		v.SetMapIndex(key, value)
	case reflect.Struct:
		change(v.Field(0))
	case reflect.Bool:
		v.SetBool(!v.Bool())
	case reflect.String:
		v.SetString(v.String() + "x")
	default:
		v.SetInt(v.Int() + 1)
	}
}
