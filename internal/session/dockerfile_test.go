package session

import (
	"archive/tar"
	"bytes"
	"errors"
	"path"
	"strings"
	"testing"

	"github.com/kubectl-img/kubectl-img/internal/engine"
)

// An archive can have its Dockerfile as a link. The link must not choose a file of the builder, which the engine could print.
func TestCopyDockerfile(t *testing.T) {
	for name, c := range map[string]struct {
		links map[string]string // in the context; RUN stands for the session directory
		want  string            // in the error; empty for a copy
	}{
		"in the context":               {map[string]string{"Dockerfile": "sub/prod"}, ""},
		"through a directory":          {map[string]string{"Dockerfile": "way/prod", "way": "sub"}, ""},
		"out and in again":             {map[string]string{"Dockerfile": "../context/sub/prod"}, ""},
		"out by an absolute path":      {map[string]string{"Dockerfile": "RUN/upload/login/config.json"}, "points outside the build context"},
		"out by a relative path":       {map[string]string{"Dockerfile": "../log"}, "points outside the build context"},
		"out through another link":     {map[string]string{"Dockerfile": "next", "next": "RUN/upload/login/config.json"}, "points outside the build context"},
		"out through a directory":      {map[string]string{"Dockerfile": "way/config.json", "way": "RUN/upload/login"}, "points outside the build context"},
		"to nothing":                   {map[string]string{"Dockerfile": "none"}, "no such file"},
		"to a line break and then out": {map[string]string{"Dockerfile": "foo\n", "foo\n": "RUN/upload/login/config.json"}, "points outside the build context"},
		"to a name that is a link without its last line break":    {map[string]string{"Dockerfile": "prod\n", "prod": "RUN/upload/login/config.json"}, ""},
		"to a name that is a link without its last line breaks":   {map[string]string{"Dockerfile": "way\n\n/prod\n", "way\n\n": ".", "prod": "RUN/upload/login/config.json"}, ""},
		"out to a name that ends with a line break":               {map[string]string{"Dockerfile": "../outside\n"}, "points outside the build context"},
		"in a directory whose name begins as that of the context": {map[string]string{"Dockerfile": "../context\n/prod"}, "points outside the build context"},
		"to a directory of the context":                           {map[string]string{"Dockerfile": "sub"}, "no such file"},
	} {
		t.Run(name, func(t *testing.T) {
			eachShell(t, func(t *testing.T, shell []string) {
				p := startPod(t, shell)
				var log bytes.Buffer
				s, ctx := p.session(&log)
				access := RegistryAccess{Config: []byte(`{"auths":{"` + secret + `":{}}}`)}
				_, err := build(t, ctx, s, Payload{Write: func(w *tar.Writer) error {
					return errors.Join(p.writeLinks(w, c.links), p.writeJob(w, CopyDockerfile("Dockerfile"), access, sh(engine.PhaseBuild, "cat "+p.path("run/upload/dockerfile/Dockerfile"))))
				}})
				if strings.Contains(log.String(), secret) {
					t.Errorf("the log has the login: %q", log.String())
				}
				var failed *JobError
				switch {
				case c.want == "" && (err != nil || log.String() != "FROM prod"):
					t.Errorf("%v, log %q", err, log.String())
				case c.want != "" && (!errors.As(err, &failed) || failed.Phase != "context" || !strings.Contains(failed.Message, c.want)):
					t.Errorf("%v, want %q; log %q", err, c.want, log.String())
				}
			})
		})
	}
}

// writeLinks writes a context of links and of the files sub/prod and "prod\n", and files beside the context.
func (p *pod) writeLinks(w *tar.Writer, links map[string]string) error {
	const content = "FROM prod"
	name := func(path string) string { return Entry(p.path("workspace/context/" + path)) }
	for _, file := range []string{"sub/prod", "prod\n", "../outside\n", "../context\n/prod"} {
		err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: path.Clean(name(file)), Mode: 0o644, Size: int64(len(content)), Format: tar.FormatGNU})
		if err != nil {
			return err
		}
		if _, err := w.Write([]byte(content)); err != nil {
			return err
		}
	}
	for link, target := range links {
		target = strings.Replace(target, "RUN", p.path("run"), 1)
		if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeSymlink, Name: name(link), Linkname: target, Mode: 0o777, Format: tar.FormatGNU}); err != nil {
			return err
		}
	}
	return nil
}
