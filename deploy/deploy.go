// Package deploy makes the manifests that an administrator applies: for namespaces in which images are built, and for the nodes. The
// same options always make the same YAML.
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

// KubeletDir is the kubelet's default directory.
const KubeletDir = "/var/lib/kubelet"

// BuildNamespace describes a namespace in which images are built.
type BuildNamespace struct {
	Namespace       string
	Profile         string    // hardening profile of the builder pods
	NothingOnNodes  bool      // Profile needs nothing on the nodes
	Level           string    // Pod Security level that Profile passes
	Subjects        []Subject // who may build
	ServiceAccounts []string  // to create in the namespace
	Google          *Google   // nil outside of Google Cloud
}

// Subject is a user, a group or a service account that may build.
type Subject struct {
	Kind      string // User, Group or ServiceAccount
	Name      string
	Namespace string // of a ServiceAccount
}

// Google describes how builder pods log in to Google Cloud.
type Google struct {
	Project         string // of the cluster
	Account         string // the pods' Kubernetes service account
	Namespace       string
	Registry        string // HOST/PROJECT/REPOSITORY
	Location        string // of the repository, such as europe-west1
	Repository      string
	RegistryProject string // of the repository
}

// Write writes the manifests for kubectl apply. They begin with the gcloud commands, as comments.
func (b BuildNamespace) Write(w io.Writer) error {
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

// render fills in the template manifests/NAME.yaml.
func render(w io.Writer, name string, data any) error {
	tmpl, err := template.New(name+".yaml").Funcs(template.FuncMap{"quote": quote, "indent": indent}).
		Option("missingkey=error").ParseFS(files, "manifests/"+name+".yaml")
	if err != nil {
		return err
	}
	return tmpl.Execute(w, data)
}

// quote returns text as a YAML string. Every JSON string is one.
func quote(s string) (string, error) {
	out, err := json.Marshal(s)
	return string(out), err
}

// indent returns text as the content of a YAML block scalar.
func indent(columns int, text string) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	for i, line := range lines {
		if line != "" {
			lines[i] = strings.Repeat(" ", columns) + line
		}
	}
	return strings.Join(lines, "\n")
}

// readFile returns the content of an embedded file.
func readFile(name string) (string, error) {
	data, err := files.ReadFile(name)
	if err != nil {
		return "", fmt.Errorf("read %s: %w", name, err)
	}
	return string(data), nil
}
