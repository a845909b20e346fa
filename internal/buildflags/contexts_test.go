package buildflags

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/random"

	"github.com/kubectl-img/kubectl-img/internal/clitest"
)

// digestForm stands for the digest of a layout's image in the table.
const digestForm = "DIGEST"

func TestBuildContexts(t *testing.T) {
	b := newBench(t)
	clitest.Write(t, "lib/a", "")
	clitest.Write(t, "lib/.dockerignore", "b\n")
	clitest.Write(t, "lib/b", "")
	one := layoutOf(t, "one", "")
	two := layoutOf(t, "two", "1", "example.com/app:2", "")
	for name, c := range map[string]struct {
		values []string
		want   []string
		sent   []string // the names of the uploaded ones
		digest string
	}{
		"directories":         {values: []string{"lib=lib", "l2=src"}, want: []string{"lib=/workspace/contexts/0", "l2=/workspace/contexts/1"}, sent: []string{"lib", "l2"}},
		"the last one counts": {values: []string{"lib=src", "lib:latest=lib"}, want: []string{"lib=/workspace/contexts/0"}, sent: []string{"lib"}},
		"names of images":     {values: []string{"docker.io/library/alpine=docker-image://busybox", "r.example/a:1=docker-image://scratch"}, want: []string{"alpine=docker-image://busybox", "r.example/a:1=docker-image://scratch"}},
		"URLs":                {values: []string{"a=https://example.com/a.git#main:x", "b=git@example.com:b.git"}, want: []string{"a=https://example.com/a.git#main:x", "b=git@example.com:b.git"}},
		"the only image":      {values: []string{"a=oci-layout://one"}, want: []string{"a=oci-layout:///workspace/contexts/0@" + digestForm}, sent: []string{"a"}, digest: one[0]},
		"a tag":               {values: []string{"a=oci-layout://two:1"}, want: []string{"a=oci-layout:///workspace/contexts/0@" + digestForm}, sent: []string{"a"}, digest: two[0]},
		"a full name":         {values: []string{"a=oci-layout://two:2"}, want: []string{"a=oci-layout:///workspace/contexts/0@" + digestForm}, sent: []string{"a"}, digest: two[1]},
		"a digest":            {values: []string{"a=oci-layout://two@" + two[2]}, want: []string{"a=oci-layout:///workspace/contexts/0@" + digestForm}, sent: []string{"a"}, digest: two[2]},
	} {
		t.Run(name, func(t *testing.T) {
			args := []string{"-t", "app"}
			for _, value := range c.values {
				args = append(args, "--build-context", value)
			}
			plan, err := b.plan(append(args, ".")...)
			if err != nil {
				t.Fatal(err)
			}
			var sent []string
			for _, further := range plan.Further {
				sent = append(sent, further.Name)
			}
			for i := range c.want {
				c.want[i] = strings.ReplaceAll(c.want[i], digestForm, c.digest)
			}
			if diff := cmp.Diff(c.want, plan.Build.Contexts); diff != "" || !cmp.Equal(sent, c.sent) {
				t.Errorf("uploaded %q, contexts (-want +got):\n%s", sent, diff)
			}
		})
	}
	for value, want := range map[string]string{
		"a=oci-layout://two":   "several images, and none with tag latest",
		"a=oci-layout://two:3": "no image with tag 3",
		"a=oci-layout://two@sha256:" + strings.Repeat("0", 64): "no image sha256:0000",
		"a=oci-layout://two@sha256:0":                          "wrong number of hex digits",
	} {
		if _, err := b.plan("-t", "app", "--build-context", value, "."); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", value, err, want)
		}
	}
	plan, err := b.plan("-t", "app", "--build-context", "lib=lib", ".")
	if err != nil {
		t.Fatal(err)
	}
	if sum, err := plan.Further[0].Source.Scan(t.Context()); err != nil || sum.Entries != 2 {
		t.Errorf("%d entries, %v: want a and the ignore file, which leaves b out", sum.Entries, err)
	}
}

// layoutOf writes an OCI layout with an image for each tag, and returns their digests.
func layoutOf(t *testing.T, dir string, tags ...string) []string {
	t.Helper()
	path, err := layout.Write(dir, empty.Index)
	if err != nil {
		t.Fatal(err)
	}
	var digests []string
	for _, tag := range tags {
		image, err := random.Image(10, 1)
		if err != nil {
			t.Fatal(err)
		}
		var options []layout.Option
		if tag != "" {
			options = append(options, layout.WithAnnotations(map[string]string{nameInLayout: tag}))
		}
		if err := path.AppendImage(image, options...); err != nil {
			t.Fatal(err)
		}
		digests = append(digests, digestOf(t, image))
	}
	return digests
}

func digestOf(t *testing.T, image v1.Image) string {
	t.Helper()
	digest, err := image.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return digest.String()
}
