package session

import (
	"archive/tar"
	"path"
	"strings"

	"github.com/kubectl-img/kubectl-img/internal/engine"
)

// WriteJob writes what the supervisor runs: the Dockerfile, beside the context so that it may come from anywhere, and
// the job itself: shell commands that finish the context, the registry login, and the steps. It must follow the context.
func WriteJob(w *tar.Writer, dockerfile []byte, finish string, login Login, steps []engine.Step) error {
	files := []struct{ name, content string }{
		{DockerfilePath, string(dockerfile)},
		// The client has applied the ignore rules; an ignore file of its own keeps the engine from applying them again.
		{DockerfilePath + ".dockerignore", "# The context was filtered before it was sent.\n"},
		{upload + "/job", "cd /\n" + finish + login.script() + Script(steps)},
	}
	if err := writeDir(w, path.Dir(DockerfilePath), 0o755); err != nil {
		return err
	}
	if err := login.write(w); err != nil {
		return err
	}
	for _, f := range files {
		if err := writeFile(w, f.name, []byte(f.content), 0o644); err != nil {
			return err
		}
	}
	return nil
}

func writeDir(w *tar.Writer, name string, mode int64) error {
	return w.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: Entry(name) + "/", Mode: mode, Format: tar.FormatGNU})
}

func writeFile(w *tar.Writer, name string, content []byte, mode int64) error {
	h := &tar.Header{Typeflag: tar.TypeReg, Name: Entry(name), Mode: mode, Size: int64(len(content)), Format: tar.FormatGNU}
	if err := w.WriteHeader(h); err != nil {
		return err
	}
	_, err := w.Write(content)
	return err
}

// Entry is the name of a path in the pod as an entry of the upload, which is unpacked at the root.
func Entry(name string) string { return strings.TrimPrefix(name, "/") }

// Script writes steps in the supervisor's terms, one line each.
func Script(steps []engine.Step) string {
	var b strings.Builder
	for _, s := range steps {
		verb := "step " + string(s.Phase)
		if s.Phase == engine.PhaseDigest {
			verb = "digest"
		}
		b.WriteString(command(verb, s.Argv...) + "\n")
	}
	return b.String()
}

// command is a command line of the shell, with every argument as it is.
func command(verb string, args ...string) string {
	for _, arg := range args {
		verb += " " + quote(arg)
	}
	return verb
}

// Copy is a command for the job that copies a file of the pod.
func Copy(from, to string) string { return "cp " + quote(from) + " " + quote(to) + " || exit\n" }

// StrictOwnership is a command for the job: the loss of an owner ends it.
const StrictOwnership = "STRICT_OWNERSHIP=true\n"

// quote makes s one word of the shell, whatever it holds.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
