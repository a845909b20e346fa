package explain

import (
	"fmt"
	"net"

	"github.com/kubectl-img/kubectl-img/internal/registryauth"
)

// refusalHint is a command or a setting that helps against a refusal.
func refusalHint(r *registryauth.Refusal, f Facts) string {
	login, _ := f.Login.Logins.Of(r.Host)
	switch r.Cause {
	case registryauth.NoLogin:
		return fmt.Sprintf("docker login %s and run this again, or --auth secret=NAME", r.Host)
	case registryauth.Unauthorized, registryauth.Expired:
		return renewHint(login, r.Host, f)
	case registryauth.Forbidden:
		return grantHint(login, r, f)
	case registryauth.Limited:
		return "docker login " + r.Host
	case registryauth.NotFound:
		return "docker manifest inspect, or crane ls, shows what the registry has"
	case registryauth.NoRepository:
		return "create the repository first: aws ecr create-repository, gcloud artifacts repositories create, or the registry's own way"
	case registryauth.UnknownHost, registryauth.Unreachable, registryauth.TimedOut:
		return fmt.Sprintf("kubectl run -n %s --rm -i --restart=Never --image=busybox try -- nslookup %s", f.Namespace, hostname(r.Host))
	case registryauth.BadCertificate:
		return "--registry-ca FILE, or --insecure-registry " + r.Host
	case registryauth.PlainHTTP:
		return "put a proxy with a certificate in front of it"
	case registryauth.HelperMissing, registryauth.NoOpenSSL:
		return "--image with the image that make image builds: VERSION-gcr has docker-credential-gcr, VERSION-gcloud has gcloud"
	case registryauth.WrongIdentity:
		return fmt.Sprintf("kubectl annotate serviceaccount -n %s %s iam.gke.io/gcp-service-account=NAME@PROJECT.iam.gserviceaccount.com, and a node pool with --workload-metadata=GKE_METADATA",
			f.Namespace, f.ServiceAccount)
	case registryauth.NoMetadata:
		return "outside Google Cloud, --auth local or secret=NAME"
	default:
		return ""
	}
}

// renewHint is how to log in again.
func renewHint(login registryauth.Login, host string, f Facts) string {
	switch login.Method {
	case registryauth.Local:
		return "docker login " + host
	case registryauth.Secret:
		return secretHint(login.Secrets[0], f) + " --dry-run=client -o yaml | kubectl apply -f -"
	default:
		return "gcloud artifacts repositories get-iam-policy REPOSITORY --location=REGION shows who may pull and push"
	}
}

func grantHint(login registryauth.Login, r *registryauth.Refusal, f Facts) string {
	if login.Method == registryauth.Local || login.Method == registryauth.Secret {
		return fmt.Sprintf("have the right granted at %s, or log in as somebody who has it", r.Host)
	}
	role := "reader"
	if r.Push {
		role = "writer"
	}
	member := "serviceAccount:NAME@PROJECT.iam.gserviceaccount.com"
	if address := f.Login.Identity; address != "" {
		member = "serviceAccount:" + address
	}
	return fmt.Sprintf("gcloud artifacts repositories add-iam-policy-binding REPOSITORY --location=REGION --member=%s --role=roles/artifactregistry.%s", member, role)
}

// secretHint is the command that creates a Secret for --auth.
func secretHint(name string, f Facts) string {
	// It reads a file: a password on the command line would stay in the history of the shell.
	return fmt.Sprintf("kubectl create secret docker-registry %s -n %s --from-file=.dockerconfigjson=CONFIG.json", name, f.Namespace)
}

// hostname drops a port.
func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return host
}
