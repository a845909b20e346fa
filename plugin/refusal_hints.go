package plugin

import (
	"fmt"

	"github.com/kubectl-img/kubectl-img/internal/registryauth"
)

// hintFor is a command or a setting against a refusal.
func (b *build) hintFor(r *registryauth.Refusal) string {
	login, _ := b.loginOf(r.Host)
	switch r.Cause {
	case registryauth.NoLogin:
		return fmt.Sprintf("docker login %s and run this again, or --auth secret=NAME", r.Host)
	case registryauth.Unauthorized, registryauth.Expired:
		return b.renewHint(login, r.Host)
	case registryauth.Forbidden:
		return b.grantHint(login, r)
	case registryauth.Limited:
		return "docker login " + r.Host
	case registryauth.NotFound:
		return "docker manifest inspect, or crane ls, shows what the registry has"
	case registryauth.NoRepository:
		return "create the repository first: aws ecr create-repository, gcloud artifacts repositories create, or the registry's own way"
	case registryauth.UnknownHost, registryauth.Unreachable, registryauth.TimedOut:
		return fmt.Sprintf("kubectl run -n %s --rm -i --restart=Never --image=busybox try -- nslookup %s", b.Pod.Namespace, hostname(r.Host))
	case registryauth.BadCertificate:
		return "--registry-ca FILE, or --insecure-registry " + r.Host
	case registryauth.PlainHTTP:
		return "put a proxy with a certificate in front of it"
	case registryauth.HelperMissing, registryauth.NoOpenSSL:
		return "--image with the image that make image builds: VERSION-gcr has docker-credential-gcr, VERSION-gcloud has gcloud"
	case registryauth.WrongIdentity:
		return fmt.Sprintf("kubectl annotate serviceaccount -n %s %s iam.gke.io/gcp-service-account=NAME@PROJECT.iam.gserviceaccount.com, and a node pool with --workload-metadata=GKE_METADATA",
			b.Pod.Namespace, b.Pod.Spec.ServiceAccountName)
	case registryauth.NoMetadata:
		return "outside Google Cloud, --auth local or secret=NAME"
	default:
		return ""
	}
}

func (b *build) loginOf(host string) (registryauth.Login, bool) {
	if b.login == nil {
		return registryauth.Login{}, false
	}
	return b.login.logins.Of(host)
}

// renewHint is how to log in again.
func (b *build) renewHint(login registryauth.Login, host string) string {
	switch login.Method {
	case registryauth.Local:
		return "docker login " + host
	case registryauth.Secret:
		return b.secretHint(login.Secrets[0]) + " --dry-run=client -o yaml | kubectl apply -f -"
	default:
		return "gcloud artifacts repositories get-iam-policy REPOSITORY --location=REGION shows who may pull and push"
	}
}

func (b *build) grantHint(login registryauth.Login, r *registryauth.Refusal) string {
	if login.Method == registryauth.Local || login.Method == registryauth.Secret {
		return fmt.Sprintf("have the right granted at %s, or log in as somebody who has it", r.Host)
	}
	role := "reader"
	if r.Push {
		role = "writer"
	}
	member := "serviceAccount:NAME@PROJECT.iam.gserviceaccount.com"
	if address := b.login.address(); address != "" {
		member = "serviceAccount:" + address
	}
	return fmt.Sprintf("gcloud artifacts repositories add-iam-policy-binding REPOSITORY --location=REGION --member=%s --role=roles/artifactregistry.%s", member, role)
}

// secretHint makes a Secret as --auth wants it.
func (b *build) secretHint(name string) string {
	// From a file: a password on the command line would stay in the shell's history.
	return fmt.Sprintf("kubectl create secret docker-registry %s -n %s --from-file=.dockerconfigjson=CONFIG.json", name, b.Pod.Namespace)
}

// hostname drops a port.
func hostname(host string) string { return withoutTag(host) }
