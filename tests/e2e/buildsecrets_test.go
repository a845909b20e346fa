package e2e_test

import (
	"crypto/ed25519"
	"crypto/md5"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/crypto/ssh"

	"github.com/kubectl-img/kubectl-img/tests/cluster/program"
)

// TestBuildSecrets mounts secrets and a key into steps, under each profile, and sets their limits.
func TestBuildSecrets(t *testing.T) {
	t.Parallel()
	for profile, level := range map[string]string{"userns": baseline, "stock": baseline, "restricted": restricted, "localhost": privileged} {
		t.Run(profile, func(t *testing.T) {
			t.Parallel()
			stepsWithSecrets(t, profile, level)
		})
	}
	t.Run("a step without its secret", stepWithoutSecret)
}

const (
	fileSecret = "file-Rote-Bete-4716"
	envSecret  = "env-Mairuebe-4717"
)

func stepsWithSecrets(t *testing.T, profile, level string) {
	ns, key := namespace(t, level), newKey(t)
	dir := only(t, "FROM "+busybox()+`
COPY sshkeys /
RUN --mount=type=secret,id=token --mount=type=secret,id=env,env=VALUE,target=/env,mode=0444 \
    echo "$(stat -c %a /run/secrets/token /env | paste -s -d ' ') $(md5sum </run/secrets/token) $(printf %s "$VALUE" | md5sum) $(md5sum </env)" >/seen
RUN --mount=type=ssh /sshkeys >/keys
RUN { ls -A /run/secrets; cat /env; } >/left 2>/dev/null || true
RUN df -k /dev/shm | awk 'NR == 2 { print $2 }' >/shm; ulimit -n >/limits; ulimit -H -n >>/limits
`)
	if err := program.Compile(t.Context(), ".", "../sshkeys", filepath.Join(dir, "sshkeys")); err != nil {
		t.Fatal(err)
	}
	secret := filepath.Join(t.TempDir(), "token")
	write(t, secret, fileSecret)
	shm, shmSize := "16384", []string{"--shm-size", "16m"}
	if profile == "stock" { // its steps share the pod's
		shm, shmSize = "65536", nil
	}
	c := build(ns, append(shmSize, "-v", "--profile", profile, "-t", repository(ns), "--secret", "id=token,src="+secret, "--secret", "id=env,env=THE_SECRET", "--ssh", "default="+key.file,
		"--ulimit", "nofile=512:768", "--annotation", "org.example.note=a, b", "--keep", dir)...)
	c.env = []string{"THE_SECRET=" + envSecret}
	r := c.run(t).succeeds(t)
	image := pull(t, repository(ns))
	sum := func(text string) string { return hex.EncodeToString(md5Of(text)) + "  -" }
	for file, want := range map[string]string{
		"seen": "400 444 " + sum(fileSecret) + " " + sum(envSecret) + " " + sum(envSecret), "keys": key.public, "left": "", "shm": shm, "limits": "512\n768",
	} {
		if got := strings.TrimSpace(fileIn(t, image, file)); got != want {
			t.Errorf("%s: %q, want %q", file, got, want)
		}
	}
	if manifest, err := image.Manifest(); err != nil || manifest.Annotations["org.example.note"] != "a, b" {
		t.Errorf("annotations %v, %v", manifest.Annotations, err)
	}
	pod := onlyPod(t, ns)
	spec, err := json.Marshal(pod)
	if err != nil {
		t.Fatal(err)
	}
	deletePod(t, pod)
	texts := contentsOf(t, image)
	texts["the output"], texts["the pod"] = r.stdout+r.stderr, string(spec)
	for name, text := range texts {
		for _, secret := range []string{fileSecret, envSecret, key.secretPart} {
			if strings.Contains(text, secret) {
				t.Errorf("%s has %s", name, secret)
			}
		}
	}
}

func stepWithoutSecret(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	dir := only(t, "FROM "+busybox()+"\nRUN --mount=type=secret,id=token,required true\n")
	build(ns, "-t", repository(ns), dir).run(t).fails(t, codeBuild, "secret token: not found").hints(t, "--secret id=token")
}

// contentsOf returns everything that an image is made of: the files of each layer as they are in its tar, the configuration and the manifest.
func contentsOf(t *testing.T, image v1.Image) map[string]string {
	t.Helper()
	config, err := image.RawConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := image.RawManifest()
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{"the configuration": string(config), "the manifest": string(manifest)}
	layers, err := image.Layers()
	if err != nil {
		t.Fatal(err)
	}
	for i, layer := range layers {
		content, err := layer.Uncompressed()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(content)
		if err != nil {
			t.Fatal(err)
		}
		texts[fmt.Sprintf("layer %d", i)] = string(text)
	}
	return texts
}

type sshKey struct{ file, public, secretPart string }

func newKey(t *testing.T) sshKey {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(private, "")
	if err != nil {
		t.Fatal(err)
	}
	encoded := pem.EncodeToMemory(block)
	key := sshKey{file: filepath.Join(t.TempDir(), "key"), secretPart: strings.Split(string(encoded), "\n")[3]}
	if err := os.WriteFile(key.file, encoded, 0o600); err != nil {
		t.Fatal(err)
	}
	line, err := ssh.NewPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	key.public = strings.TrimSpace(string(ssh.MarshalAuthorizedKey(line)))
	return key
}

func md5Of(text string) []byte {
	sum := md5.Sum([]byte(text)) // busybox has it, and it only tells texts apart
	return sum[:]
}
