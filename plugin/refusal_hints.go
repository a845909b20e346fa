package plugin

import (
	"fmt"

	"github.com/kubectl-img/kubectl-img/internal/registryauth"
	"github.com/kubectl-img/kubectl-img/internal/registryauth/cloud"
)

// hintFor is a command or a setting against a refusal.
func (b *build) hintFor(r *registryauth.Refusal) string {
	login, _ := b.loginOf(r.Host)
	if hint := b.cloudHint(r); hint != "" {
		return hint
	}
	switch r.Cause {
	case registryauth.NoLogin:
		return fmt.Sprintf("docker login %s and run this again, or --auth secret=NAME", r.Host)
	case registryauth.Unauthorized, registryauth.Expired:
		return b.renewHint(login, r.Host)
	case registryauth.Forbidden:
		return fmt.Sprintf("have the right granted at %s, or log in as somebody who has it", r.Host)
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
		return ""
	}
}

// cloudHint returns the hint of the registry's cloud, or "".
func (b *build) cloudHint(r *registryauth.Refusal) string {
	if b.login == nil {
		return ""
	}
	return b.login.logins.CloudHint(r, cloud.Login{Namespace: b.Pod.Namespace, ServiceAccount: b.Pod.Spec.ServiceAccountName, Account: b.login.address()})
}

// secretHint makes a Secret as --auth wants it.
func (b *build) secretHint(name string) string {
	// From a file: a password on the command line would stay in the shell's history.
	return fmt.Sprintf("kubectl create secret docker-registry %s -n %s --from-file=.dockerconfigjson=CONFIG.json", name, b.Pod.Namespace)
}

// hostname drops a port.
func hostname(host string) string { return withoutTag(host) }
