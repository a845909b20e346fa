package session

import (
	"archive/tar"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubectl-img/kubectl-img/internal/engine"
)

// TestSecrets expects that the build's commands can read a secret, and that it is gone before the push, and after any other end.
func TestSecrets(t *testing.T) {
	eachShell(t, func(t *testing.T, shell []string) {
		for name, c := range map[string]struct {
			build string
			code  string
		}{
			"a build that succeeds": {"", "0"},
			"a build that fails":    {"; exit 7", "1"},
		} {
			t.Run(name, func(t *testing.T) {
				p := startPod(t, shell)
				var log bytes.Buffer
				s, ctx := p.session(&log)
				file := strings.Replace(SecretPath(0), Dir, p.path("run"), 1)
				_, err := build(t, ctx, s, Payload{Write: func(w *tar.Writer) error {
					return p.writeJob(w, "", RegistryAccess{},
						sh(engine.PhaseBuild, "stat -c %a "+file+" "+filepath.Dir(file)), sh(engine.PhaseOutput, "cat "+file+c.build),
						sh(engine.PhasePush, "test ! -e "+file+" && echo forgotten"))
				}})
				if (err != nil) != (c.build != "") {
					t.Error(err)
				}
				want := "600\n700\n" + secretText
				if c.build == "" {
					want += "forgotten\n"
				}
				if log.String() != want {
					t.Errorf("log %q, want %q", log.String(), want)
				}
				if _, err := os.Stat(filepath.Dir(file)); err == nil {
					t.Error("the pod keeps the secret")
				}
			})
		}
	})
}
