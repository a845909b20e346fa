package jenkins_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubectl-img/kubectl-img/tests/cluster/clustertest"
)

// secret has characters that need quoting.
const secret = `s3cr'et "v$HOME lue`

func TestCredentials(t *testing.T) {
	t.Parallel()
	t.Run("secret stays masked", secretStaysMasked)
	t.Run("kubeconfig", kubeconfigCredential)
}

func secretStaysMasked(t *testing.T) {
	t.Parallel()
	ns := namespace(t)
	seen := watchCommandLines(t, secret)
	c := job{
		namespace: ns, credentials: map[string]string{"token": secret},
		workspace: source(t, busybox(), "ARG TOKEN", "ARG SAME", `LABEL token="${TOKEN}" same="${SAME}"`, `RUN sleep 2; echo "token: $TOKEN"`),
		pipeline: `withCredentials([string(credentialsId: 'token', variable: 'TOKEN')]) {
			withEnv(["SAME=${env.TOKEN}"]) { imgBuild(image: env.IMAGE, namespace: env.NAMESPACE, buildArgs: [TOKEN: env.TOKEN, SAME: null]) }
		}`,
	}.run(t).succeeds(t)
	c.says(t, "token: ****").lacks(t, secret, "s3cr", "v$HOME")
	labels := labelsOf(t, repository(ns))
	if labels["token"] != secret || labels["same"] != secret {
		t.Errorf("the build got %q", labels)
	}
	if line := seen(); line != "" {
		t.Errorf("the secret was on a command line: %s", line)
	}
}

// watchCommandLines looks for a text in the command lines of kubectl and the plugin on this machine. The function that it returns stops the
// search and returns a command line with the text.
func watchCommandLines(t *testing.T, text string) func() string {
	t.Helper()
	found, looked, done := "", false, make(chan struct{})
	ctx, stop := context.WithCancel(t.Context())
	go func() {
		defer close(done)
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for ; ctx.Err() == nil; <-tick.C {
			files, _ := filepath.Glob("/proc/[0-9]*/cmdline")
			for _, file := range files {
				line, err := os.ReadFile(file)
				program, _, _ := bytes.Cut(line, []byte{0})
				if err == nil && strings.HasPrefix(filepath.Base(string(program)), "kubectl") {
					looked = looked || bytes.Contains(line, []byte("--build-arg=TOKEN\x00"))
					if bytes.Contains(line, []byte(text)) {
						found = string(line)
					}
				}
			}
		}
	}()
	return func() string {
		stop()
		<-done
		if !looked {
			t.Error("the plugin's command line was never seen")
		}
		return strings.ReplaceAll(found, "\x00", " ")
	}
}

func kubeconfigCredential(t *testing.T) {
	t.Parallel()
	ns := namespace(t)
	content := clustertest.Kubeconfig(t, shared, func(config *clientcmdapi.Config) {
		for _, c := range config.Contexts {
			c.Namespace = ns
		}
	})
	var got built
	job{
		namespace: ns, workspace: source(t, "FROM scratch", "LABEL a=b"), keyless: true, credentials: map[string]string{"cluster": content},
		pipeline: shown("imgBuild(image: env.IMAGE, kubeconfig: 'cluster')"),
	}.run(t).succeeds(t).result(t, &got)
	if digest := clustertest.Digest(t, shared, repository(ns)); got.Digest != digest {
		t.Errorf("digest %s, want %s", got.Digest, digest)
	}
}
