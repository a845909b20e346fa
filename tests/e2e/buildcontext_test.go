package e2e_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// TestBuildContext copies from further contexts of each kind.
func TestBuildContext(t *testing.T) {
	t.Parallel()
	for profile, level := range map[string]string{"userns": baseline, "stock": baseline, "restricted": restricted} {
		t.Run(profile, func(t *testing.T) {
			t.Parallel()
			furtherContexts(t, profile, level)
		})
	}
	t.Run("a frontend that is too old", furtherContextOldFrontend)
}

func furtherContexts(t *testing.T, profile, level string) {
	ns := namespace(t, level)
	lib := contextOf(t, map[string]string{"kept": "from the directory", "left": "1", "sub/.dockerignore": "", ".dockerignore": "left\nsub/a\n", "sub/a": "2", "a name,with=signs": "3"})
	if err := os.Chmod(filepath.Join(lib, "sub"), 0o500|os.ModeSetgid); err != nil {
		t.Fatal(err)
	}
	own := contextOf(t, map[string]string{
		"left": "the build context has this, whatever another one leaves out", ".dockerignore": "kept\n", "kept": "not sent",
		"Dockerfile": `FROM example.com/none:1 AS steps
RUN --mount=from=lib,target=/m stat -c %a /m/sub >/mode
FROM stored AS stored
FROM scratch
COPY . /own/
COPY --from=lib . /lib/
COPY --from=context kept /context
COPY --from=code top /code
COPY --from=steps /mode /
COPY --from=stored /text /stored
`,
	})
	code := gitServer(t, map[string]string{"top": "from git"})
	stored := storedImage(t, ns)
	build(ns, "--profile", profile, "-t", repository(ns), "--build-context", "lib="+lib, "--build-context", "context="+lib, "--build-context", "code="+code,
		"--build-context", "example.com/none:1=docker-image://"+busybox(), "--build-context", "stored=oci-layout://"+stored+":kept", own).run(t).succeeds(t)
	image := pull(t, repository(ns))
	for file, want := range map[string]string{
		"own/left": "the build context has this, whatever another one leaves out", "lib/kept": "from the directory", "lib/a name,with=signs": "3", "context": "from the directory",
		"code": "from git", "mode": "2500\n", "stored": "from the layout",
	} {
		if got := fileIn(t, image, file); got != want {
			t.Errorf("%s: %q, want %q", file, got, want)
		}
	}
	for name, text := range contentsOf(t, image) {
		if strings.Contains(text, "lib/left") || strings.Contains(text, "lib/sub/a") || strings.Contains(text, "own/kept") {
			t.Errorf("%s has what an ignore file leaves out", name)
		}
	}
}

// storedImage returns an OCI layout with an image of tag kept, and one of another.
func storedImage(t *testing.T, ns string) string {
	t.Helper()
	dir := t.TempDir()
	path, err := layout.Write(dir, empty.Index)
	if err != nil {
		t.Fatal(err)
	}
	for tag, text := range map[string]string{"kept": "from the layout", "other": "another image"} {
		reference := repository(ns) + ":" + tag
		build(ns, "-t", reference, contextOf(t, map[string]string{"Dockerfile": scratch("COPY text /"), "text": text})).run(t).succeeds(t)
		if err := path.AppendImage(pull(t, reference), layout.WithAnnotations(map[string]string{"org.opencontainers.image.ref.name": tag})); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// furtherContextOldFrontend names a frontend that does not say that it knows further contexts: it would build without them.
func furtherContextOldFrontend(t *testing.T) {
	t.Parallel()
	ns, older := namespace(t, privileged), shared.Registry+"/e2e/frontend:older"
	image := pull(t, frontendImage(t, "frontend"))
	config := configOf(t, image).DeepCopy()
	config.Config.Labels = nil
	image, err := mutate.ConfigFile(image, config)
	if err != nil {
		t.Fatal(err)
	}
	tag, err := name.NewTag(older)
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(tag, image, remote.WithContext(t.Context()), remote.WithTransport(shared.Registries)); err != nil {
		t.Fatal(err)
	}
	dir := only(t, withSyntax(older))
	build(ns, "-t", repository(ns), dir).run(t).succeeds(t)
	build(ns, "-t", repository(ns), "--build-context", "lib="+dir, dir).run(t).fails(t, codeBuild, "moby.buildkit.frontend.contexts")
}
