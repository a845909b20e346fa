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

// CopyDockerfile returns a command for the job. It copies the Dockerfile from the context, where an archive has it as a link. path is
// relative to the context.
func CopyDockerfile(path string) string { return command("copy_dockerfile", path) + "\n" }

// StrictOwnership is a command for the job: the job fails if the engine can't keep an owner.
const StrictOwnership = "STRICT_OWNERSHIP=true\n"
