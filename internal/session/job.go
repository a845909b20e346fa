package session

import (
	"archive/tar"
	"path"
	"strings"

	"github.com/kubectl-img/kubectl-img/internal/engine"
)

// WriteJob writes the files that the supervisor needs besides the context: the Dockerfile, and the job with its shell commands. The job
// runs prepare, logs in to the registries, and runs the steps. WriteJob must follow the context.
func WriteJob(w *tar.Writer, dockerfile []byte, prepare string, access RegistryAccess, steps []engine.Step) error {
	files := []struct{ name, content string }{
		// The Dockerfile is not in the context directory, because it can come from elsewhere.
		{DockerfilePath, string(dockerfile)},
		// The client has applied the ignore rules; this file keeps the engine from applying them again.
		{DockerfilePath + ".dockerignore", "# The context was filtered before it was sent.\n"},
		{upload + "/job", "cd /\n" + prepare + access.script() + stepCommands(steps)},
	}
	if err := writeDir(w, path.Dir(DockerfilePath), 0o755); err != nil {
		return err
	}
	if err := access.write(w); err != nil {
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

// Entry returns the name that a path in the pod has in the upload, which is extracted at the root.
func Entry(name string) string { return strings.TrimPrefix(name, "/") }

// stepCommands returns the job's commands for steps, one per line.
func stepCommands(steps []engine.Step) string {
	var b strings.Builder
	for _, s := range steps {
		name := "step " + string(s.Phase)
		if s.Phase == engine.PhaseDigest {
			name = "digest"
		}
		b.WriteString(command(name, s.Argv...) + "\n")
	}
	return b.String()
}

// command returns a command line of the shell.
func command(name string, args ...string) string {
	for _, arg := range args {
		name += " " + quote(arg)
	}
	return name
}

// CopyDockerfile returns a command for the job. It copies the Dockerfile from the context, where an archive has it as a link. path is
// relative to the context.
func CopyDockerfile(path string) string { return command("copy_dockerfile", path) + "\n" }

// StrictOwnership is a command for the job: the job fails if the engine can't keep an owner.
const StrictOwnership = "STRICT_OWNERSHIP=true\n"

// quote returns s as one word of the shell.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
