package cluster

import (
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"os"
)

// systemBundle is where Debian keeps the certificates that every program trusts.
const systemBundle = "/etc/ssl/certs/ca-certificates.crt"

// writeCertificates makes every certificate and key of the cluster below state/pki, and the bundle of trusted authorities.
func (p paths) writeCertificates() error {
	ca, err := loadAuthority(p.in("pki"))
	if err != nil {
		return err
	}
	if err := ca.server("apiserver", pkix.Name{CommonName: "kube-apiserver"}, p.nodeIP, serviceIP); err != nil {
		return err
	}
	if err := ca.server("registry", pkix.Name{CommonName: "registry"}, p.nodeIP); err != nil {
		return err
	}
	kubelet := pkix.Name{CommonName: "system:node:" + nodeName, Organization: []string{"system:nodes"}}
	if err := ca.server("kubelet", kubelet, p.nodeIP); err != nil {
		return err
	}
	for _, user := range []struct{ name, user, group string }{
		{"admin", "admin", "system:masters"},
		{"apiserver-client", "kube-apiserver", "system:masters"},
		{"controller-manager", "system:kube-controller-manager", "system:controllers"},
		{"scheduler", "system:kube-scheduler", "system:schedulers"},
	} {
		if err := ca.client(user.name, user.user, user.group); err != nil {
			return err
		}
	}
	if err := writeServiceAccountKey(ca.dir, ca); err != nil {
		return err
	}
	return p.writeBundle()
}

// writeServiceAccountKey makes the key pair that signs service account tokens.
func writeServiceAccountKey(dir string, ca *authority) error {
	_, key, err := ca.sign("service-account", &x509.Certificate{Subject: pkix.Name{CommonName: "service-account"}})
	if err != nil {
		return err
	}
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return err
	}
	return writePEM(dir+"/service-account.pub", "PUBLIC KEY", public, 0o644)
}

// writeBundle joins the system's authorities and ours.
func (p paths) writeBundle() error {
	system, err := os.ReadFile(systemBundle)
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
