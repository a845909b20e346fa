package dockerfile

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTargetStep(t *testing.T) {
	for name, c := range map[string]struct {
		dockerfile, target string
		args               []string
		want               Step
	}{
		"no step":            {dockerfile: "FROM a\nCOPY a /\n"},
		"a step":             {dockerfile: "FROM a\nCOPY a /\n\nRUN true\nRUN false\n", want: Step{Line: 4}},
		"a cross build":      {dockerfile: "FROM --platform=$BUILDPLATFORM a AS b\nRUN true\nFROM c\nCOPY --from=b /x /\n"},
		"braces":             {dockerfile: "FROM --platform=${BUILDPLATFORM} a\nRUN true\n"},
		"another variable":   {dockerfile: "FROM --platform=$TARGETPLATFORM a\nRUN true\n", want: Step{2, "$TARGETPLATFORM"}},
		"a fixed platform":   {dockerfile: "FROM --platform=linux/amd64 a\nRUN true\n", want: Step{2, "linux/amd64"}},
		"through an ARG":     {dockerfile: "ARG P=linux/s390x\nFROM --platform=$P a\nRUN true\n", args: []string{"P=linux/arm64"}, want: Step{3, "$P"}},
		"based on a stage":   {dockerfile: "FROM --platform=$BUILDPLATFORM a AS b\nFROM B\nRUN true\n"},
		"based on another":   {dockerfile: "FROM a AS b\nFROM b\nRUN true\n", want: Step{Line: 3}},
		"a heredoc":          {dockerfile: "FROM a\nRUN <<E\ntrue\nE\n", want: Step{Line: 2}},
		"a stage not needed": {dockerfile: "FROM a\nRUN true\nFROM c\nCOPY x /\n"},
		"a stage for COPY":   {dockerfile: "FROM a\nRUN true\nFROM c\nCOPY --from=0 x /\n", want: Step{Line: 2}},
		"a stage for RUN":    {dockerfile: "FROM a AS x\nRUN true\nFROM --platform=$BUILDPLATFORM c\nRUN --mount=from=x,target=/x true\n", want: Step{Line: 2}},
		"another target":     {dockerfile: "FROM a AS x\nCOPY a /\nFROM b\nRUN true\n", target: "x"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := TargetStep([]byte(c.dockerfile), c.target, c.args)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	if _, err := TargetStep([]byte("BUILD everything\n"), "", nil); err == nil {
		t.Error("another language: no error")
	}
}

// One pod builds every target of the builder image for all platforms.
func TestTargetStepOfBuilderImage(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "images", "builder", "Dockerfile"))
	if err != nil {
		t.Fatal(err)
	}
	for _, target := range []string{"", "gcr", "gcloud"} {
		if got, err := TargetStep(text, target, nil); err != nil || got != (Step{}) {
			t.Errorf("target %q: %+v, %v", target, got, err)
		}
	}
}
