package e2e_test

import (
	"net"
	"slices"
	"strings"
	"testing"
)

// typeRegistryLogin has the real gcloud talk to an emulated Google Cloud, and the build use its identity.
func typeRegistryLogin(t *testing.T, doc *page) {
	api, env := newGoogleAPI(t)
	m := newMetadata(t, "my-project.svc.id.goog", token{"ya29.first", 3599})
	g := newRegistryProxy(t, artifactRegistry, net.JoinHostPort(shared.HostIP, "443"), googleRule("_dcgcr_", "ya29.first"))
	admin := newReader(t, "")
	// A reader on GKE does not need these: there, Google's names lead to Google.
	admin.env = append(admin.env, append(env, "KUBECTL_IMG_REGISTRY_CA="+g.CAFile, "KUBECTL_IMG_POD_TEMPLATE="+m.template(t, artifactRegistry))...)
	admin.names = strings.NewReplacer("$REGION-docker.pkg.dev/$PROJECT/images/builder:VERSION-gcr", shared.GCRImage)

	r := admin.types(t, doc.take(t, "principal://").text).succeeds(t)
	stored := shared.Registry + "/my-project/images/app"
	if want := artifactRegistry + "/my-project/images/app@" + digestOf(t, stored+":1"); !strings.Contains(r.stdout, want) {
		t.Errorf("no %q in:\n%s", want, r.stdout)
	}
	admin.types(t, doc.take(t, "gcloud iam service-accounts").text).succeeds(t)
	const repository, account = "projects/my-project/locations/europe-west1/repositories/images", "builder@my-project.iam.gserviceaccount.com"
	for _, want := range []string{
		repository + " roles/artifactregistry.writer principal://iam.googleapis.com/projects/" + googleProjectNumber + "/locations/global/workloadIdentityPools/my-project.svc.id.goog/subject/ns/ci/sa/builder",
		repository + " roles/artifactregistry.writer serviceAccount:" + account,
		"projects/my-project/serviceAccounts/" + account + " roles/iam.workloadIdentityUser serviceAccount:my-project.svc.id.goog[ci/builder]",
	} {
		if !slices.Contains(api.bindings, want) {
			t.Errorf("no binding %q, only %q", want, api.bindings)
		}
	}
	for _, want := range []string{repository, "projects/my-project/serviceAccounts/builder"} {
		if !slices.Contains(api.made, want) {
			t.Errorf("no %q made, only %q", want, api.made)
		}
	}
}
