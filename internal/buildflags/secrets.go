package buildflags

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/pflag"
	"golang.org/x/crypto/ssh"

	"github.com/kubectl-img/kubectl-img/internal/build"
	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/internal/complete"
	"github.com/kubectl-img/kubectl-img/internal/engine"
	"github.com/kubectl-img/kubectl-img/internal/session"
)

// maxSecret is the size in bytes that BuildKit allows.
const maxSecret = 500 << 10

// secretFlags are what steps may read and no layer keeps. The values go to the pod with the context, and nowhere else.
type secretFlags struct {
	*input

	secrets []string
	ssh     []string
}

func (f *secretFlags) add(flags *pflag.FlagSet) {
	flags.StringArrayVar(&f.secrets, "secret", nil, "`SECRET` for RUN --mount=type=secret: id=ID[,src=FILE|,env=NAME] (repeatable)")
	flags.StringArrayVar(&f.ssh, "ssh", nil, "`KEY` for RUN --mount=type=ssh: default=FILE or ID=FILE (repeatable)")
}

func completeSecrets() complete.Table {
	return complete.Table{"secret": complete.Prefixes("id="), "ssh": complete.Prefixes("default=")}
}

func (f *secretFlags) read(plan *build.Plan) error {
	for _, value := range f.secrets {
		id, content, err := f.readSecret(value)
		if err != nil {
			return cli.Usagef("invalid value for %s: %w", f.source("secret"), err)
		}
		plan.Build.Secrets = append(plan.Build.Secrets, add(plan, id, content))
	}
	for _, value := range f.ssh {
		id, content, err := readKey(value)
		if err != nil {
			return cli.Usagef("invalid value for %s: %w", f.source("ssh"), err)
		}
		plan.Build.Keys = append(plan.Build.Keys, add(plan, id, content))
	}
	return nil
}

func add(plan *build.Plan, id string, content []byte) engine.Secret {
	plan.Secrets = append(plan.Secrets, content)
	return engine.Secret{ID: id, Path: session.SecretPath(len(plan.Secrets) - 1)}
}

// readSecret reads buildx's id=ID[,type=file|env][,src=FILE][,env=NAME]. With an id alone, the variable of that name counts, and then the file. What the user
// typed stays out of errors, since people put the secret itself there.
func (f *secretFlags) readSecret(value string) (id string, content []byte, err error) {
	const want = "want id=ID,src=FILE or id=ID,env=NAME"
	fields, err := splitCSV(value)
	if err != nil {
		return "", nil, errors.New(want)
	}
	var kind, file, variable string
	for _, field := range fields {
		key, val, ok := strings.Cut(field, "=")
		if !ok {
			return "", nil, errors.New(want)
		}
		switch strings.ToLower(key) {
		case "id":
			id = val
		case "src", "source":
			file = val
		case "env":
			variable = val
		case "type":
			kind = val
		default:
			return "", nil, errors.New(want)
		}
	}
	switch {
	case id == "":
		return "", nil, errors.New("id is missing: " + want)
	case kind != "" && kind != "file" && kind != "env":
		return "", nil, fmt.Errorf("secret %s: type: want file or env", id)
	case kind == "env" && variable == "":
		file, variable = "", file
	}
	if file == "" && variable == "" {
		if _, set := f.proc.Env.Lookup(id); set {
			variable = id
		} else {
			file = id
		}
	}
	if variable != "" {
		text, set := f.proc.Env.Lookup(variable)
		if !set {
			return "", nil, fmt.Errorf("secret %s: the environment has no variable of that name", id)
		}
		content = []byte(text)
	} else if content, err = readSecretFile(file); err != nil {
		return "", nil, fmt.Errorf("secret %s: %w", id, err)
	}
	if len(content) > maxSecret {
		return "", nil, fmt.Errorf("secret %s is larger than 500 KiB", id)
	}
	return id, content, nil
}

// readSecretFile reads no more than it takes to see that a file is too large. Its name may be the secret itself, so the error has no name.
func readSecretFile(name string) ([]byte, error) {
	if info, err := os.Stat(name); err == nil && info.IsDir() {
		return nil, errors.New("its file is a directory")
	}
	var wrong *os.PathError
	content, err := readStart(name, maxSecret+1)
	if errors.As(err, &wrong) {
		return nil, fmt.Errorf("read its file: %w", wrong.Err)
	}
	return content, err
}

func readStart(name string, limit int64) ([]byte, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, limit))
}

// readKey reads ID=FILE. An agent's socket stays on this machine.
func readKey(value string) (id string, content []byte, err error) {
	id, file, ok := strings.Cut(value, "=")
	if !ok || id == "" || file == "" {
		return "", nil, cli.WithHint(errors.New("an agent can't be passed on yet: want ID=FILE with a private key"), "--ssh default=$HOME/.ssh/id_ed25519")
	}
	if content, err = readSecretFile(file); err != nil {
		return "", nil, fmt.Errorf("key %s: %w", id, err)
	}
	var locked *ssh.PassphraseMissingError
	switch _, err := ssh.ParseRawPrivateKey(content); {
	case errors.As(err, &locked):
		return "", nil, fmt.Errorf("key %s has a passphrase, which the pod can't ask for: want a key without one, made for builds", id)
	case err != nil:
		return "", nil, fmt.Errorf("key %s is no private key", id)
	}
	return id, content, nil
}
