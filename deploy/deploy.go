// Package deploy holds what an administrator applies: manifests, and the profiles for the nodes. It is pure: options in, YAML out.
package deploy

import (
	"embed"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/template"
)

//go:embed apparmor/kubectl-img installer/*.sh manifests/*.yaml seccomp/kubectl-img.json
var files embed.FS

// KubeletDir is where kubelets keep their files unless they are told otherwise.
const KubeletDir = "/var/lib/kubelet"

// Builds is what a namespace needs in which images are built.
type Builds struct {
	Namespace       string
	Profile         string    // the hardening profile
	Level           string    // of Pod Security, that Profile passes
	Subjects        []Subject // who may build
	ServiceAccounts []string  // to create
	Google          *Google   // nil outside Google Cloud
}

// Subject may build.
type Subject struct {
	Kind      string // User, Group or ServiceAccount
	Name      string
	Namespace string // of a ServiceAccount
}

// Google is how builder pods get an identity of Google Cloud.
type Google struct {
	Project    string // of the cluster
	Account    string // the pods' Kubernetes service account
	Namespace  string
	Registry   string // HOST/PROJECT/REPOSITORY
	Location   string
	Repository string
	// RegistryProject owns the repository.
	RegistryProject string
}

// Write prints the manifests, for kubectl apply. Commands of Google's are comments.
func (b Builds) Write(w io.Writer) error {
	if b.Google != nil {
		if err := render(w, "google", b.Google); err != nil {
			return err
		}
	}
	if err := render(w, "namespace", b); err != nil {
		return err
	}
	return render(w, "rights", b)
}

// render fills in a file of manifests.
func render(w io.Writer, name string, data any) error {
	tmpl, err := template.New(name+".yaml").Funcs(template.FuncMap{"quote": quote, "indent": indent}).
		Option("missingkey=error").ParseFS(files, "manifests/"+name+".yaml")
	if err != nil {
		return err
	}
	return tmpl.Execute(w, data)
}

// quote makes a YAML string of any text: JSON is YAML.
func quote(s string) (string, error) {
	out, err := json.Marshal(s)
	return string(out), err
}

// indent makes text the content of a YAML block.
func indent(columns int, text string) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	for i, line := range lines {
		if line != "" {
			lines[i] = strings.Repeat(" ", columns) + line
		}
	}
	return strings.Join(lines, "\n")
}

// text is a file of this package.
func text(name string) (string, error) {
	data, err := files.ReadFile(name)
	if err != nil {
		return "", fmt.Errorf("read %s: %w", name, err)
	}
	return string(data), nil
}
