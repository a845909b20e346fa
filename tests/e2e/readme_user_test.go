package e2e_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// readmeNamespace is the one that README.md's commands name.
const readmeNamespace = "ci"

// reader is somebody who types README.md's commands into one shell.
type reader struct {
	dir   string
	env   []string
	state string // a file with what the shell has exported so far
	names *strings.Replacer

	patience time.Duration
}

// newReader has a kubeconfig whose context is in README.md's namespace; who is empty for an administrator.
func newReader(t *testing.T, who string) *reader {
	t.Helper()
	config, err := clientcmd.LoadFromFile(shared.Kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	config.Contexts[config.CurrentContext].Namespace = readmeNamespace
	config.AuthInfos[config.Contexts[config.CurrentContext].AuthInfo].Impersonate = who
	if err := clientcmdapi.FlattenConfig(config); err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	kubeconfig := filepath.Join(home, "kubeconfig")
	if err := clientcmd.WriteToFile(*config, kubeconfig); err != nil {
		t.Fatal(err)
	}
	r := &reader{
		dir:   contextOf(t, map[string]string{"Dockerfile": "FROM " + shared.Registry + "/busybox:1\nCOPY hello.txt /\nRUN cat /hello.txt\n", "hello.txt": "hello\n"}),
		state: filepath.Join(home, "exports"),
		// What of a command is the reader's own: the registry, the builder image, and where this cluster's kubelet lives.
		names: strings.NewReplacer(
			"registry.example.com/team/builder:VERSION", shared.BuilderImage,
			"registry.example.com", shared.Registry,
			" --profiles ", " --profiles --kubelet-dir "+filepath.Join(shared.Dir, "kubelet")+" ",
		),
	}
	write(t, r.state, "")
	write(t, filepath.Join(home, ".docker", "config.json"), `{"auths": {"`+shared.Registry+`": {"username": "`+who+`", "password": "any"}}}`)
	r.env = []string{"HOME=" + home, "KUBECONFIG=" + kubeconfig, "PATH=" + bin + ":" + shared.Bin + ":" + os.Getenv("PATH"), "XDG_CACHE_HOME=" + filepath.Join(home, ".cache")}
	return r
}

// types has a shell run the commands, one after the other, until one fails.
func (r *reader) types(t *testing.T, commands string) result {
	t.Helper()
	script := ". '" + r.state + "'\nset -eua\n" + r.names.Replace(commands) + "\nexport -p >'" + r.state + "'\n"
	return call{program: "/bin/sh", args: []string{"-c", script}, dir: r.dir, env: r.env, report: true, patience: r.patience}.run(t)
}
