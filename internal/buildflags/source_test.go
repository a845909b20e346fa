package buildflags

import "testing"

// TestRemoteContext leaves the context to the engine, in every form that docker takes for a URL.
func TestRemoteContext(t *testing.T) {
	b := newBench(t)
	for _, address := range []string{
		"https://example.com/a.git#main:dir", "git://example.com/a", "ssh://git@example.com/a", "git@github.com:a/b.git", "github.com/a/b", "https://example.com/context.tar.gz",
	} {
		plan, err := b.plan("-t", "app", "-f", "sub/Dockerfile", address)
		if err != nil {
			t.Errorf("%s: %v", address, err)
			continue
		}
		if plan.Build.Remote != address || plan.Build.Dockerfile != "sub/Dockerfile" || plan.Source.Dockerfile() != nil || plan.Source.Once() {
			t.Errorf("%s: %+v", address, plan.Build)
		}
	}
}
