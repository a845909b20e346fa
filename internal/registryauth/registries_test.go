package registryauth

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRegistries(t *testing.T) {
	got := Registries([]string{"b.example/x:1", "b.example/y"}, []string{"debian", "b.example/z", "index.docker.io/library/a", "localhost:5000/a", "NOT A REF"})
	want := []Registry{{"b.example", true}, {"docker.io", false}, {"localhost:5000", false}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(Registry{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
