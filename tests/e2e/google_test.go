package e2e_test

import (
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-img/kubectl-img/tests/cluster"
)

// artifactRegistry is a real host name. Only in the test's pods it is the name of this machine.
const artifactRegistry = "europe-west1-docker.pkg.dev"

// serviceAccount makes a service account. With an email, its annotation names a Google account, as Workload Identity requires it.
func serviceAccount(t *testing.T, ns, email string) string {
	t.Helper()
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "builder"}}
	if email != "" {
		account.Annotations = map[string]string{"iam.gke.io/gcp-service-account": email}
	}
	if _, err := client.CoreV1().ServiceAccounts(ns).Create(t.Context(), account, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	return account.Name
}

// googleRule accepts the user of a credential helper with one of the tokens.
func googleRule(prefix string, valid ...string) rule {
	return func(user, password string, _ *http.Request) int {
		for _, v := range valid {
			if strings.HasPrefix(user, prefix) && strings.HasSuffix(user, "_token") && password == v {
				return http.StatusOK
			}
		}
		return http.StatusUnauthorized
	}
}

// google is a namespace, a registry with Google's host name, and the flags for a push to it.
type google struct {
	ns, ref string
	proxy   *registryProxy
	flags   []string
}

// newGoogle listens at port 443, so its tests are serial.
func newGoogle(t *testing.T, image string, m *metadata, email string, allowed rule) google {
	t.Helper()
	ns := namespace(t, baseline)
	proxy := newRegistryProxy(t, artifactRegistry, net.JoinHostPort(shared.HostIP, "443"), allowed)
	return google{ns: ns, proxy: proxy, ref: artifactRegistry + "/e2e/" + ns, flags: []string{
		"--image", image, "--profile", "userns", "--service-account", serviceAccount(t, ns, email), "--registry-ca", proxy.CAFile, "--pod-template", m.template(t, artifactRegistry),
	}}
}

func (g google) build(flags ...string) call {
	return build(g.ns, append(append([]string{"-t", g.ref}, g.flags...), flags...)...)
}

// pushes checks that the registry has the image, with the digest that was printed.
func (g google) pushes(t *testing.T, r result) {
	t.Helper()
	r.succeeds(t)
	stored := shared.Registry + "/e2e/" + g.ns
	if want := g.ref + "@" + digestOf(t, stored) + "\n"; r.stdout != want {
		t.Errorf("stdout %q, want %q", r.stdout, want)
	}
}

// fromItself is a context whose base image is in the registry of the push and needs its login, too.
func fromItself(t *testing.T) string {
	return only(t, "FROM "+artifactRegistry+"/busybox:1\nRUN true\n")
}

// TestWorkloadIdentity is serial: each case has a proxy at port 443 of this machine.
func TestWorkloadIdentity(t *testing.T) {
	t.Run("docker-credential-gcr", func(t *testing.T) {
		identityThroughHelper(t, shared.GCRImage, "gcr", "_dcgcr_", "through docker-credential-gcr")
	})
	t.Run("gcloud", identityThroughGcloud)
	t.Run("wrong identity", wrongIdentity)
	t.Run("helper or metadata server missing", missingPieces)
}

func identityThroughGcloud(t *testing.T) {
	image, err := shared.PushGcloudImage(t.Context())
	if errors.Is(err, cluster.ErrNoGcloud) {
		t.Skip("not run: this machine has no Google Cloud CLI")
	}
	if err != nil {
		t.Fatal(err)
	}
	identityThroughHelper(t, image, "gcloud", "_dcgcloud_", "through gcloud")
}

func identityThroughHelper(t *testing.T, image, method, user, says string) {
	t.Run("push and digest", func(t *testing.T) {
		m := newMetadata(t, googleAccount, token{"ya29.first", 3599})
		m.silent = 2 // as in a pod's first seconds
		g := newGoogle(t, image, m, googleAccount, googleRule(user, "ya29.first"))
		r := g.build("--auth", method, fromItself(t)).run(t)
		g.pushes(t, r)
		r.says(t, artifactRegistry+" as the pod's Google identity "+says, "docker-credential-"+method+" answers for "+artifactRegistry+" as "+googleAccount, "waiting for the metadata server")
		t.Logf("%s: %s", method, r.took)
	})
	t.Run("first tokens have expired", func(t *testing.T) {
		m := newMetadata(t, googleAccount, token{"ya29.expired", 0}, token{"ya29.expired", 1}, token{"ya29.fresh", 3599})
		g := newGoogle(t, image, m, googleAccount, googleRule(user, "ya29.fresh"))
		g.pushes(t, g.build("--auth", method, fromItself(t)).run(t))
		if g.proxy.saw("ya29.expired") {
			t.Error("the expired token was used")
		}
	})
	// The push must use a new token.
	t.Run("token expires during the build", func(t *testing.T) {
		m := newMetadata(t, googleAccount, token{"ya29.pull", 30})
		g := newGoogle(t, image, m, googleAccount, func(u, password string, r *http.Request) int {
			if strings.Contains(r.URL.Path, "/e2e/") {
				return googleRule(user, "ya29.push")(u, password, r)
			}
			if password == "ya29.pull" {
				m.replace(token{"ya29.push", 3599})
			}
			return googleRule(user, "ya29.pull", "ya29.push")(u, password, r)
		})
		g.pushes(t, g.build("--auth", method, fromItself(t)).run(t))
		if !g.proxy.saw("ya29.pull") || !g.proxy.saw("ya29.push") {
			t.Errorf("the registry saw %q", g.proxy.seen)
		}
	})
	t.Run("helper chosen by auto", func(t *testing.T) {
		m := newMetadata(t, googleAccount, token{"ya29.first", 3599})
		g := newGoogle(t, image, m, googleAccount, googleRule(user, "ya29.first"))
		r := g.build(fromItself(t)).run(t)
		g.pushes(t, r)
		r.says(t, artifactRegistry+" as the pod's Google identity (Google's registry, --service-account, no local login)")
	})
	t.Run("push denied with 403", func(t *testing.T) {
		m := newMetadata(t, googleAccount, token{"ya29.first", 3599})
		g := newGoogle(t, image, m, googleAccount, func(_, password string, r *http.Request) int {
			switch {
			case password == "":
				return http.StatusUnauthorized
			case r.Method == http.MethodPost:
				return http.StatusForbidden
			}
			return http.StatusOK
		})
		r := g.build("--auth", method, fromItself(t)).run(t)
		r.fails(t, codeRegistry, "push to "+artifactRegistry, "as "+googleAccount, "403 Forbidden", "have it granted").
			hints(t, "--member=serviceAccount:"+googleAccount+" --role=roles/artifactregistry.writer")
	})
}

func wrongIdentity(t *testing.T) {
	for name, c := range map[string]struct {
		annotated, answers string
		names              []string
	}{
		"account of the node": {"", nodeAccount, []string{nodeAccount, "which is its node", "Workload Identity is not in effect"}},
		"another account":     {googleAccount, "other@e2e-project.iam.gserviceaccount.com", []string{"other@e2e-project", "and not " + googleAccount}},
		"account of the node instead of the annotated one": {googleAccount, nodeAccount, []string{nodeAccount, "and not " + googleAccount}},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMetadata(t, c.answers, token{"ya29.first", 3599})
			g := newGoogle(t, shared.GCRImage, m, c.annotated, everybody)
			r := g.build("--auth", "gcr", fromItself(t)).run(t)
			r.fails(t, codeRegistry, append(c.names, "log in to "+artifactRegistry+" as service account builder")...).
				hints(t, "kubectl annotate serviceaccount -n "+g.ns+" builder iam.gke.io/gcp-service-account=")
			if g.proxy.saw("ya29.first") {
				t.Error("the wrong identity was used")
			}
		})
	}
}

func missingPieces(t *testing.T) {
	m := newMetadata(t, googleAccount, token{"ya29.first", 3599})
	g := newGoogle(t, shared.BuilderImage, m, googleAccount, everybody)
	r := g.build("--auth", "gcr", fromItself(t)).run(t)
	r.fails(t, codeRegistry, "log in to "+artifactRegistry, "service account builder", "docker-credential-gcr", "the builder image lacks the credential helper").hints(t, "VERSION-gcr")
	g.build("--auth", "gcloud", fromItself(t)).run(t).fails(t, codeRegistry, "docker-credential-gcloud", "lacks the credential helper")

	g.flags = append(g.flags, "--image", shared.GCRImage)
	m.silent = 1 << 30
	r = g.build("--auth", "gcr", fromItself(t)).run(t)
	r.fails(t, codeRegistry, "log in to "+artifactRegistry, "the metadata server gave no token in time", "6s").hints(t, "--auth local")
}
