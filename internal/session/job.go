package session

import (
	"archive/tar"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/kubectl-img/kubectl-img/internal/engine"
)

// WriteJob writes the files that the supervisor needs besides the context: the Dockerfile, and the job with its shell commands. The job
// runs prepare, logs in to the registries, and runs the steps. WriteJob must follow the context. The n-th of secrets becomes the file SecretPath(n).
func WriteJob(w *tar.Writer, dockerfile []byte, prepare string, access RegistryAccess, secrets [][]byte, steps []engine.Step) error {
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
	return writeSecrets(w, secrets)
}

// secretsDir is in memory, and gone once no command needs it any more.
const secretsDir = upload + "/secrets"

// SecretPath returns the file of the n-th secret in the pod.
func SecretPath(n int) string { return path.Join(secretsDir, strconv.Itoa(n)) }

func writeSecrets(w *tar.Writer, secrets [][]byte) error {
	if len(secrets) == 0 {
		return nil
	}
	if err := writeDir(w, secretsDir, 0o700); err != nil {
		return err
	}
	for n, secret := range secrets {
		if err := writeFile(w, SecretPath(n), secret, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// stepCommands returns the job's commands for steps, one per line.
func stepCommands(steps []engine.Step) string {
	var b strings.Builder
	builds := func(s engine.Step) bool { return s.Phase == engine.PhaseBuild || s.Phase == engine.PhaseOutput }
	for i, s := range steps {
		name := "step " + string(s.Phase)
		if s.Phase == engine.PhaseDigest {
			name = "digest"
		}
		b.WriteString(command(name, s.Argv...) + "\n")
		if builds(s) && !slices.ContainsFunc(steps[i+1:], builds) {
			b.WriteString("forget_secrets\n")
		}
	}
	return b.String()
}

// CopyDockerfile returns a command for the job. It copies the Dockerfile from the context, where an archive has it as a link. path is
// relative to the context.
func CopyDockerfile(path string) string { return command("copy_dockerfile", path) + "\n" }

// StrictOwnership is a command for the job: the job fails if the engine can't keep an owner.
const StrictOwnership = "STRICT_OWNERSHIP=true\n"
