package main

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// parsed is the build that a command line asks for, with its input.
func parsed(t *testing.T, args ...string) (*buildOptions, *input, error) {
	t.Helper()
	b, cmd := buildCommand(&global{})
	var in *input
	cmd.RunE = func(_ *cobra.Command, args []string) (err error) {
		in, err = openInput(t.Context(), args[0], b.file, b.contexts)
		return err
	}
	cmd.SetArgs(args)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	err := cmd.Execute()
	return b, in, err
}

func TestBuildAttributes(t *testing.T) {
	tests := []struct {
		args string
		want map[string]string
	}{
		{"-t x /c", map[string]string{"filename": "Dockerfile"}},
		{"-t x -f /d/Other --target t --platform linux/amd64 /c", map[string]string{"filename": "Other", "target": "t", "platform": "linux/amd64"}},
		{"-t x --build-arg A=1 --build-arg B=a=b --label l=v /c", map[string]string{"filename": "Dockerfile", "build-arg:A": "1", "build-arg:B": "a=b", "label:l": "v"}},
		{"-t x --no-cache --pull --add-host a:1.2.3.4 /c", map[string]string{"filename": "Dockerfile", "no-cache": "", "image-resolve-mode": "pull", "add-hosts": "a=1.2.3.4"}},
		{"-t x --build-context b=docker-image://y /c", map[string]string{"filename": "Dockerfile", "context:b": "docker-image://y", "frontend.caps": "moby.buildkit.frontend.contexts+forward"}},
		{"-t x https://host/repo.git", map[string]string{"filename": "Dockerfile", "context": "https://host/repo.git"}},
	}
	for _, tt := range tests {
		t.Run(tt.args, func(t *testing.T) {
			b, in, err := parsed(t, strings.Fields(tt.args)...)
			if err != nil {
				t.Fatal(err)
			}
			if got := b.attributes(in); !maps.Equal(got, tt.want) {
				t.Errorf("attributes = %v, want %v", got, tt.want)
			}
		})
	}
}

func TestBuildContexts(t *testing.T) {
	_, in, err := parsed(t, "-t", "x", "-f", "/d/Dockerfile", "/c")
	if want := map[string]string{"context": "/c", "dockerfile": "/d"}; err != nil || !maps.Equal(in.dirs, want) {
		t.Errorf("contexts = %v, %v, want %v", in.dirs, err, want)
	}
	dir := t.TempDir()
	_, in, err = parsed(t, "-t", "x", "--build-context", "a="+dir, "--build-context", "context="+dir, "--build-context", "l=oci-layout:///l@sha256:0", "/c")
	if want := map[string]string{"context": "/c", "dockerfile": "/c", "a": dir, "_context": dir}; err != nil || !maps.Equal(in.dirs, want) {
		t.Errorf("contexts = %v, %v, want %v", in.dirs, err, want)
	}
	if want := []string{"a=local:a", "context=local:_context", "l=oci-layout://layout0@sha256:0"}; !slices.Equal(in.named, want) || in.layouts["layout0"] != "/l" {
		t.Errorf("further contexts %q, layouts %v", in.named, in.layouts)
	}
}

func TestBuildUsage(t *testing.T) {
	for args, want := range map[string]string{
		"/c":                        "name the image with --tag, or a result with --output",
		"-t UPPER /c":               `invalid name "UPPER"`,
		"-t x --build-arg =v /c":    `invalid value "=v": want KEY=VALUE`,
		"-t x --label l /c":         `invalid value "l": want KEY=VALUE`,
		"-t x --build-context b /c": `invalid build context "b"`,
		"-t x -f - -":               "stdin can't be the context and the Dockerfile",
		"-t x --build-context a=oci-layout:///x /c": "want NAME=oci-layout://PATH@DIGEST",
	} {
		if _, _, err := parsed(t, strings.Fields(args)...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", args, err, want)
		}
	}
}

func TestBuildExports(t *testing.T) {
	b, _, err := parsed(t, "-t", "x", "-t", "host:5000/y:1", "--build-arg", "SOURCE_DATE_EPOCH=0", "/c")
	if err != nil {
		t.Fatal(err)
	}
	exports, err := b.exports()
	want := map[string]string{"name": "docker.io/library/x:latest,host:5000/y:1", "rewrite-timestamp": "true"}
	if err != nil || len(exports) != 1 || exports[0].Type != "image" || !maps.Equal(exports[0].Attrs, want) {
		t.Errorf("exports = %v, %v", exports, err)
	}
}

func TestAsRegistry(t *testing.T) {
	got := asRegistry([]string{"host/x:1", "type=local,src=/d"})
	if want := []string{"type=registry,ref=host/x:1", "type=local,src=/d"}; !slices.Equal(got, want) {
		t.Errorf("asRegistry = %v, want %v", got, want)
	}
}
