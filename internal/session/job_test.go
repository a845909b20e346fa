package session

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/kubectl-img/kubectl-img/internal/engine"
)

func TestJob(t *testing.T) {
	runInShells(t, shellTests{
		"every step runs and the result is reported": func(t *testing.T, shell []string) {
			p := startPod(t, shell)
			hex, config := strings.Repeat("ab", 32), "sha256:"+strings.Repeat("c0", 32)
			if err := os.Mkdir(p.path("blobs"), 0o700); err != nil {
				t.Fatal(err)
			}
			manifest := `{"mediaType": "application/vnd.oci.image.manifest.v1+json", "schemaVersion": 2, "config": {"mediaType": "c", "digest": "` + config +
				`"}, "layers": [{"mediaType": "l", "digest": "sha256:1a"}]}`
			p.write("blobs/"+hex, manifest)
			var log bytes.Buffer
			s, ctx := p.session(&log)
			argument := "it's \"$HOME\" `x`\nand more"
			err := s.Upload(ctx, p.job(map[string]string{"a": "content"},
				engine.Step{Phase: engine.PhaseBuild, Argv: []string{"printf", "[%s]\n", argument}},
				sh(engine.PhaseBuild, "cat "+p.path("workspace/context/a")),
				sh(engine.PhaseDigest, "echo NAME DIGEST; echo image sha256:"+hex),
				sh(engine.PhasePush, "echo pushed >&2")), ignoreProgress)
			if err != nil {
				t.Fatal(err)
			}
			got, err := outcome(t, ctx, s)
			want := Result{Digest: "sha256:" + hex, Size: int64(len(manifest)), MediaType: "application/vnd.oci.image.manifest.v1+json", Config: config}
			if err != nil || got != want {
				t.Errorf("result %+v, %v; want %+v", got, err, want)
			}
			if want := "[" + argument + "]\ncontentpushed\n"; log.String() != want {
				t.Errorf("log %q, want %q", log.String(), want)
			}
			if r, err := ParseResult(p.read("termination")); err != nil || r != want {
				t.Errorf("termination message %+v, %v", r, err)
			}
		},
		"the first step that fails ends the job": func(t *testing.T, shell []string) {
			p := startPod(t, shell)
			var log bytes.Buffer
			s, ctx := p.session(&log)
			_, err := build(t, ctx, s, p.job(nil, sh(engine.PhaseBuild, "echo before; exit 7"), sh(engine.PhasePush, "echo after")))
			var failed *JobError
			if !errors.As(err, &failed) || failed.Phase != "build" || failed.Code != 7 {
				t.Errorf("error %#v, want the build's exit code 7", err)
			}
			if log.String() != "before\n" {
				t.Errorf("log %q", log.String())
			}
		},
		// A killed job leaves no exit code.
		"a killed job is a failure": func(t *testing.T, shell []string) {
			p := startPod(t, shell)
			var log bytes.Buffer
			s, ctx := p.session(&log)
			// The step's parent is the job's shell, and the parent of that is the shell that stores the exit code.
			kill := "kill -9 $(sed -n 's/^PPid:.//p' /proc/$PPID/status) $PPID"
			_, err := build(t, ctx, s, p.job(nil, sh(engine.PhaseBuild, kill)))
			var failed *JobError
			if !errors.As(err, &failed) || failed.Phase != "killed" {
				t.Errorf("%v", err)
			}
		},
	})
}
