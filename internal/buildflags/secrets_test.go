package buildflags

import (
	"crypto/ed25519"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/crypto/ssh"

	"github.com/kubectl-img/kubectl-img/internal/clitest"
	"github.com/kubectl-img/kubectl-img/internal/engine"
	"github.com/kubectl-img/kubectl-img/internal/session"
)

// TestSecrets reads secrets in each form that buildx has.
func TestSecrets(t *testing.T) {
	b := newBench(t, "TOKEN=from the environment")
	clitest.Write(t, "token", "from a file")
	clitest.Write(t, "TOKEN", "not this file")
	for value, want := range map[string]string{
		"id=a,src=token": "from a file", "id=a,source=token": "from a file", "type=file,id=a,src=token": "from a file", "id=a,env=TOKEN": "from the environment",
		"id=a,type=env,src=TOKEN": "from the environment", "id=TOKEN": "from the environment", "id=token": "from a file", "ID=a,SRC=token": "from a file",
	} {
		plan, err := b.plan("-t", "app", "--secret", value, ".")
		if err != nil {
			t.Errorf("%s: %v", value, err)
			continue
		}
		id := "a"
		if fields := strings.Split(value, "="); len(fields) == 2 {
			id = fields[1]
		}
		if diff := cmp.Diff([]engine.Secret{{ID: id, Path: session.SecretPath(0)}}, plan.Build.Secrets); diff != "" || string(plan.Secrets[0]) != want {
			t.Errorf("%s: %q, want %q; secrets (-want +got):\n%s", value, plan.Secrets, want, diff)
		}
	}
	clitest.Write(t, "large", strings.Repeat("x", maxSecret+1))
	if _, err := b.plan("-t", "app", "--secret", "id=large", "."); err == nil || !strings.Contains(err.Error(), "larger than 500 KiB") {
		t.Errorf("a large secret: %v", err)
	}
}

func TestKeys(t *testing.T) {
	b := newBench(t)
	for name, passphrase := range map[string]string{"open": "", "locked": "x"} {
		key, err := privateKey(passphrase)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, pem.EncodeToMemory(key), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	clitest.Write(t, "token", "a secret")
	path, err := filepath.Abs("open")
	if err != nil {
		t.Fatal(err)
	}
	plan, err := b.plan("-t", "app", "--secret", "id=token", "--ssh", "default="+path, ".")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]engine.Secret{{ID: "default", Path: session.SecretPath(1)}}, plan.Build.Keys); diff != "" || len(plan.Secrets) != 2 {
		t.Errorf("%d secrets, keys (-want +got):\n%s", len(plan.Secrets), diff)
	}
	if _, err := b.plan("-t", "app", "--ssh", "default=locked", "."); err == nil || !strings.Contains(err.Error(), "has a passphrase") {
		t.Errorf("a key with a passphrase: %v", err)
	}
}

func privateKey(passphrase string) (*pem.Block, error) {
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	if passphrase == "" {
		return ssh.MarshalPrivateKey(key, "")
	}
	return ssh.MarshalPrivateKeyWithPassphrase(key, "", []byte(passphrase))
}
