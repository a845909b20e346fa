package plugin

import (
	"errors"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kubectl-img/kubectl-img/deploy"
	"github.com/kubectl-img/kubectl-img/internal/cli"
)

const (
	kindServiceAccount = rbacv1.ServiceAccountKind
	// defaultBuilder is the service account that may build where nobody else is named.
	defaultBuilder = "kubectl-img"
)

// readSubjects reads who may build, in the form of kubectl create rolebinding.
func readSubjects(users, groups, serviceAccounts []string, namespace string) ([]deploy.Subject, error) {
	var subjects []deploy.Subject
	for _, kind := range []struct {
		name  string
		flag  string
		names []string
	}{{rbacv1.UserKind, "--user", users}, {rbacv1.GroupKind, "--group", groups}} {
		for _, name := range kind.names {
			if strings.TrimSpace(name) == "" {
				return nil, cli.InvalidValue(kind.flag, name, errors.New("want a name"))
			}
			subjects = append(subjects, deploy.Subject{Kind: kind.name, Name: name})
		}
	}
	for _, value := range serviceAccounts {
		ns, name, ok := strings.Cut(value, ":")
		if !ok || len(validation.IsDNS1123Label(ns)) > 0 || len(validation.IsDNS1123Subdomain(name)) > 0 {
			return nil, cli.InvalidValue("--serviceaccount", value, errors.New("want NAMESPACE:NAME"))
		}
		subjects = append(subjects, deploy.Subject{Kind: kindServiceAccount, Name: name, Namespace: ns})
	}
	if len(subjects) == 0 {
		subjects = []deploy.Subject{{Kind: kindServiceAccount, Name: defaultBuilder, Namespace: namespace}}
	}
	return subjects, nil
}

// readGoogle reads what the Workload Identity commands need.
func readGoogle(gke, registry, account, namespace string) (*deploy.Google, error) {
	switch {
	case gke == "" && registry == "":
		return nil, nil
	case gke == "" || registry == "":
		return nil, cli.Usagef("--gke and --registry belong together").WithHint("--gke PROJECT --registry REGION-docker.pkg.dev/PROJECT/REPOSITORY")
	case !isProjectID(gke):
		return nil, cli.InvalidValue("--gke", gke, errors.New("want a project ID"))
	case len(validation.IsDNS1123Subdomain(account)) > 0:
		return nil, cli.InvalidValue("--service-account", account, errors.New("want the name of a service account"))
	}
	google := &deploy.Google{Project: gke, Account: account, Namespace: namespace, RegistryProject: gke}
	if err := readArtifactRegistry(registry, google); err != nil {
		return nil, cli.InvalidValue("--registry", registry, err)
	}
	return google, nil
}

// readArtifactRegistry reads HOST[/PROJECT/REPOSITORY].
func readArtifactRegistry(value string, google *deploy.Google) error {
	host, rest, found := strings.Cut(strings.TrimSuffix(value, "/"), "/")
	location, ok := artifactLocation(host)
	if !ok {
		return errors.New("want REGION-docker.pkg.dev, or a name of Container Registry such as eu.gcr.io")
	}
	google.Location, google.Repository = location, "REPOSITORY"
	if strings.HasSuffix(host, "gcr.io") {
		google.Repository = host // a repository of Artifact Registry has the old registry's name
	}
	project, repository, both := strings.Cut(rest, "/")
	switch {
	case !found:
	case !isProjectID(project) || both && !isProjectID(repository):
		return errors.New("want HOST/PROJECT/REPOSITORY")
	default:
		google.RegistryProject = project
		if both && !strings.HasSuffix(host, "gcr.io") {
			google.Repository = repository
		}
	}
	google.Registry = host + "/" + google.RegistryProject
	if !strings.HasSuffix(host, "gcr.io") {
		google.Registry += "/" + google.Repository
	}
	return nil
}

// artifactLocation returns the location of the repositories of a host of Artifact Registry.
func artifactLocation(host string) (string, bool) {
	if location, ok := strings.CutSuffix(host, "-docker.pkg.dev"); ok && len(validation.IsDNS1123Label(location)) == 0 {
		return location, true
	}
	location, ok := map[string]string{"gcr.io": "us", "us.gcr.io": "us", "eu.gcr.io": "europe", "asia.gcr.io": "asia"}[host]
	return location, ok
}

// isProjectID reports whether s is a valid name of a project or a repository. It must be strict: people paste the output into a shell.
func isProjectID(s string) bool { return len(validation.IsDNS1123Label(s)) == 0 }
