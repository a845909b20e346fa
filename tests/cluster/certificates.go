package cluster

import (
	"bytes"
	"crypto/x509/pkix"
	"fmt"
	"os"

	"github.com/kubectl-img/kubectl-img/tests/cluster/debian"
	"github.com/kubectl-img/kubectl-img/tests/cluster/pki"
)

// writeCertificates makes every certificate and key of the cluster below the state directory's pki, and the bundle of trusted authorities. The
// authority stays the same when the cluster restarts, so that images that trust it stay valid.
func (p paths) writeCertificates() error {
	ca, err := pki.Load(p.in("pki"), "kubectl-img test authority")
	if err != nil {
		return err
	}
	if err := ca.Server("apiserver", pkix.Name{CommonName: "kube-apiserver"}, p.nodeIP, serviceIP); err != nil {
		return err
	}
	if err := ca.Server("registry", pkix.Name{CommonName: "registry"}, p.nodeIP); err != nil {
		return err
	}
	kubelet := pkix.Name{CommonName: "system:node:" + nodeName, Organization: []string{"system:nodes"}}
	if err := ca.Server("kubelet", kubelet, p.nodeIP); err != nil {
		return err
	}
	for _, user := range []struct{ name, user, group string }{
		{"admin", "admin", "system:masters"},
		{"apiserver-client", "kube-apiserver", "system:masters"},
		{"controller-manager", "system:kube-controller-manager", "system:controllers"},
		{"scheduler", "system:kube-scheduler", "system:schedulers"},
	} {
		if err := ca.Client(user.name, user.user, user.group); err != nil {
			return err
		}
	}
	if err := ca.KeyPair("service-account"); err != nil {
		return err
	}
	return p.writeBundle()
}

// writeBundle joins the system's authorities and the cluster's.
func (p paths) writeBundle() error {
	system, err := os.ReadFile(debian.CertificateBundle)
	if err != nil {
		return fmt.Errorf("read the system's certificates: %w", err)
	}
	ours, err := os.ReadFile(p.in("pki", "ca.crt"))
	if err != nil {
		return err
	}
	bundle := append(append(bytes.TrimRight(system, "\n"), '\n'), ours...)
	return os.WriteFile(p.in("pki", "ca-bundle.crt"), bundle, 0o644)
}
