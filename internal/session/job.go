package session

import (
	"archive/tar"
	"path"
	"strings"

	"github.com/kubectl-img/kubectl-img/internal/engine"
)

// WriteJob writes what the supervisor runs: the Dockerfile, beside the context so that it may come from anywhere, and
// the job itself: shell commands that finish the context, and the steps. It must follow the context.
func WriteJob(w *tar.Writer, dockerfile []byte, finish string, steps []engine.Step) error {
	files := []struct{ name, content string }{
		{DockerfilePath, string(dockerfile)},
		// The client has applied the ignore rules; an ignore file of its own keeps the engine from applying them again.
		{DockerfilePath + ".dockerignore", "# The context was filtered before it was sent.\n"},
		{upload + "/job", "cd /\n" + finish + Script(steps)},
	}
	if err := writeDir(w, path.Dir(DockerfilePath)); err != nil {
		return err
	}
	for _, f := range files {
		h := &tar.Header{Typeflag: tar.TypeReg, Name: Entry(f.name), Mode: 0o644, Size: int64(len(f.content)), Format: tar.FormatGNU}
		if err := w.WriteHeader(h); err != nil {
			return err
		}
		if _, err := w.Write([]byte(f.content)); err != nil {
			return err
		}
	}
	return nil
}

func writeDir(w *tar.Writer, name string) error {
	return w.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: Entry(name) + "/", Mode: 0o755, Format: tar.FormatGNU})
}

// Entry is the name of a path in the pod as an entry of the upload, which is unpacked at the root.
func Entry(name string) string { return strings.TrimPrefix(name, "/") }

// Script writes steps in the supervisor's terms, one line each.
func Script(steps []engine.Step) string {
	var b strings.Builder
	for _, s := range steps {
		if s.Phase == engine.PhaseDigest {
			b.WriteString("digest")
		} else {
			b.WriteString("step " + string(s.Phase))
		}
		for _, arg := range s.Argv {
			b.WriteString(" " + quote(arg))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// Copy is a command for the job that copies a file of the pod.
func Copy(from, to string) string { return "cp " + quote(from) + " " + quote(to) + " || exit\n" }

// quote makes s one word of the shell, whatever it holds.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
