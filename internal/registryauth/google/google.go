// Package google logs in to Google's registries: Artifact Registry, and the host names that Container Registry had.
package google

import (
	_ "embed"
	"fmt"
	"strings"

	"github.com/kubectl-img/kubectl-img/internal/registryauth/cloud"
)

// The values of --auth.
const (
	gcloud = "gcloud" // through the Google Cloud CLI
	gcr    = "gcr"    // through docker-credential-gcr, which is faster
)

const (
	noIdentity    cloud.Cause = "the metadata server gave no token in time; build on nodes that have one"
	wrongIdentity cloud.Cause = "Workload Identity is not in effect for the pod; connect its service account"
)

//go:embed login.sh
var script string

// Google implements cloud.Cloud.
type Google struct{}

// Description implements cloud.Cloud.
func (Google) Description() cloud.Description {
	return cloud.Description{
		Name: "google", Title: "Google", Script: script,
		Methods: []cloud.HelperMethod{
			{Name: gcloud, Program: "gcloud", Description: "the pod's Google identity, through the Google Cloud CLI"},
			{Name: gcr, Program: "docker-credential-gcr", Description: "the pod's Google identity"},
		},
		AccountAnnotation: "iam.gke.io/gcp-service-account", // of Workload Identity
		NoIdentity:        noIdentity, WrongIdentity: wrongIdentity,
	}
}

// Serves implements cloud.Cloud.
func (Google) Serves(host string) bool {
	return host == "gcr.io" || strings.HasSuffix(host, ".gcr.io") ||
		strings.HasSuffix(host, "-docker.pkg.dev") || strings.HasPrefix(host, "docker.") && strings.HasSuffix(host, ".rep.pkg.dev")
}

// Hint implements cloud.Cloud.
func (Google) Hint(problem cloud.Problem, login cloud.FailedLogin) string {
	switch problem {
	case cloud.HelperMissing:
		return "--image with the image that make image builds: VERSION-gcr has docker-credential-gcr, VERSION-gcloud has gcloud"
	case cloud.NoIdentity:
		return "outside Google Cloud, --auth local or secret=NAME"
	case cloud.WrongIdentity:
		return fmt.Sprintf("kubectl annotate serviceaccount -n %s %s iam.gke.io/gcp-service-account=NAME@PROJECT.iam.gserviceaccount.com, and a node pool with --workload-metadata=GKE_METADATA",
			login.Namespace, login.ServiceAccount)
	case cloud.Unauthorized:
		return "gcloud artifacts repositories get-iam-policy REPOSITORY --location=REGION shows who may pull and push"
	case cloud.Forbidden:
		return grantHint(login)
	default:
		return ""
	}
}

func grantHint(login cloud.FailedLogin) string {
	role, account := "reader", "NAME@PROJECT.iam.gserviceaccount.com"
	if login.Push {
		role = "writer"
	}
	if login.Account != "" {
		account = login.Account
	}
	return fmt.Sprintf("gcloud artifacts repositories add-iam-policy-binding REPOSITORY --location=REGION --member=serviceAccount:%s --role=roles/artifactregistry.%s", account, role)
}
