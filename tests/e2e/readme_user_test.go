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

// readmeNamespace is the namespace in the documentation's commands.
const readmeNamespace = "ci"

// reader types the commands of a page into one shell.
type reader struct {
	dir   string
	env   []string
	state string // a file with the variables that the shell has exported so far
	names *strings.Replacer

	patience time.Duration
}

// newReader returns a reader whose kubeconfig has the documentation's namespace. who is empty for an administrator.
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
		names: strings.NewReplacer(ownNames(t)...),
	}
	write(t, r.state, "")
	write(t, filepath.Join(home, ".docker", "config.json"), `{"auths": {"`+shared.Registry+`": {"username": "`+who+`", "password": "any"}}}`)
	r.env = []string{"HOME=" + home, "KUBECONFIG=" + kubeconfig, "PATH=" + bin + ":" + shared.Bin + ":" + os.Getenv("PATH"), "XDG_CACHE_HOME=" + filepath.Join(home, ".cache")}
	return r
}

// ownNames lists what a reader replaces in the commands, with the replacements: the registries, the builder image, the directory of this
// cluster's kubelet, and the place of the repository.
func ownNames(t *testing.T) []string {
	t.Helper()
	kubelet := filepath.Join(shared.Dir, "kubelet")
	repository := filepath.Join(t.TempDir(), "kubectl-img")
	if err := os.Symlink(root(t), repository); err != nil {
		t.Fatal(err)
	}
	return []string{
		"registry.example.com/team/builder:VERSION", shared.BuilderImage,
		"registry.example.com", shared.Registry,
		"ghcr.io", shared.Registry,
		" --profiles ", " --profiles --kubelet-dir " + kubelet + " ",
		"/var/lib/kubelet", kubelet,
		"https://github.com/kubectl-img/kubectl-img", "file://" + repository,
	}
}

// root returns the directory of the repository.
func root(t *testing.T) string {
	t.Helper()
	path, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// types has a shell run the commands in their order, until one fails.
func (r *reader) types(t *testing.T, commands string) result {
	t.Helper()
	script := ". '" + r.state + "'\nset -eua\n" + r.names.Replace(commands) + "\nexport -p >'" + r.state + "'\n"
	return call{program: "/bin/sh", args: []string{"-c", script}, dir: r.dir, env: r.env, report: true, patience: r.patience}.run(t)
}

// install puts a script first on the reader's PATH.
func (r *reader) install(t *testing.T, name, script string) {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, name)
	write(t, path, "#!/bin/sh\n"+script)
	if err := os.Chmod(path, 0o755); err != nil {
		t.Fatal(err)
	}
	for i, pair := range r.env {
		if rest, ok := strings.CutPrefix(pair, "PATH="); ok {
			r.env[i] = "PATH=" + dir + ":" + rest
		}
	}
}
