package explain

import (
	"fmt"
	"net"

	"github.com/kubectl-img/kubectl-img/internal/registryauth"
	"github.com/kubectl-img/kubectl-img/internal/registryauth/cloud"
)

// rejectionHint is a command or a setting that helps against a rejection.
func rejectionHint(r *registryauth.Rejection, f Facts) string {
	login, _ := f.Login.Logins.Of(r.Host)
	who := cloud.FailedLogin{Namespace: f.Namespace, ServiceAccount: f.ServiceAccount, Account: f.Login.Identity}
	if hint := f.Login.Logins.CloudHint(r, who); hint != "" {
		return hint
	}
	switch r.Cause {
	case registryauth.NoLogin:
		return fmt.Sprintf("docker login %s and run this again, or --auth secret=NAME", r.Host)
	case registryauth.Unauthorized, registryauth.Expired:
		return renewHint(login, r.Host, f)
	case registryauth.Forbidden:
		return fmt.Sprintf("have the right granted at %s, or log in as somebody who has it", r.Host)
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
		return ""
	}
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
