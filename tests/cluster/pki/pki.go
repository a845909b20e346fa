// Package pki makes the certificates of the test cluster and of the servers that tests put in front of it.
package pki

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// Authority signs certificates and writes them to its directory, each as NAME.crt with its key in NAME.key.
type Authority struct {
	Dir         string
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// Load reads ca.crt and ca.key of a directory, or makes them if they are missing or about to expire.
func Load(dir, commonName string) (*Authority, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	pair, err := readPair(filepath.Join(dir, "ca"))
	if err == nil && time.Until(pair.certificate.NotAfter) > 7*24*time.Hour {
		pair.Dir = dir
		return pair, nil
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	template := &x509.Certificate{
		Subject:               pkix.Name{CommonName: commonName},
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	ca := &Authority{Dir: dir}
	ca.certificate, ca.key, err = ca.sign("ca", template)
	return ca, err
}

// Client makes the certificate of a Kubernetes user, whose groups are the organizations.
func (a *Authority) Client(name, user string, groups ...string) error {
	_, _, err := a.sign(name, &x509.Certificate{
		Subject:     pkix.Name{CommonName: user, Organization: groups},
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
	return err
}

// Server makes the certificate of a server for its common name and addresses. The server may also identify itself as a client with it.
func (a *Authority) Server(name string, subject pkix.Name, addresses ...string) error {
	template := &x509.Certificate{
		Subject:     subject,
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		DNSNames:    []string{"localhost", subject.CommonName, "kubernetes.default.svc"},
	}
	for _, address := range append(addresses, "127.0.0.1") {
		template.IPAddresses = append(template.IPAddresses, net.ParseIP(address))
	}
	_, _, err := a.sign(name, template)
	return err
}

// KeyPair makes the key pair NAME.key and NAME.pub, which signs service account tokens.
func (a *Authority) KeyPair(name string) error {
	_, key, err := a.sign(name, &x509.Certificate{Subject: pkix.Name{CommonName: name}})
	if err != nil {
		return err
	}
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return err
	}
	return writePEM(filepath.Join(a.Dir, name+".pub"), "PUBLIC KEY", public, 0o644)
}

// CertificateFile is the path of the authority's own certificate.
func (a *Authority) CertificateFile() string { return filepath.Join(a.Dir, "ca.crt") }

// sign makes a key and a certificate, and writes both. Without a certificate of its own, the authority makes that: it signs itself.
func (a *Authority) sign(name string, template *x509.Certificate) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, nil, err
	}
	template.SerialNumber = serial
	template.NotBefore = time.Now().Add(-time.Hour)
	template.NotAfter = time.Now().Add(365 * 24 * time.Hour)
	parent, parentKey := a.certificate, a.key
	if parent == nil {
		parent, parentKey = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), parentKey)
	if err != nil {
		return nil, nil, fmt.Errorf("sign certificate %s: %w", name, err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, nil, err
	}
	return certificate, key, writePair(filepath.Join(a.Dir, name), der, key)
}

func writePair(path string, certificate []byte, key *ecdsa.PrivateKey) error {
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	if err := writePEM(path+".key", "PRIVATE KEY", private, 0o600); err != nil {
		return err
	}
	return writePEM(path+".crt", "CERTIFICATE", certificate, 0o644)
}

func writePEM(path, kind string, der []byte, mode os.FileMode) error {
	return os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), mode)
}

func readPair(path string) (*Authority, error) {
	certificate, err := readPEM(path + ".crt")
	if err != nil {
		return nil, err
	}
	private, err := readPEM(path + ".key")
	if err != nil {
		return nil, err
	}
	parsed, err := x509.ParseCertificate(certificate)
	if err != nil {
		return nil, err
	}
	key, err := x509.ParsePKCS8PrivateKey(private)
	if err != nil {
		return nil, err
	}
	ecdsaKey, ok := key.(*ecdsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("read %s.key: not an ECDSA key", path)
	}
	return &Authority{certificate: parsed, key: ecdsaKey}, nil
}

func readPEM(path string) ([]byte, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(data)
	if block == nil {
		return nil, fmt.Errorf("read %s: no PEM block", path)
	}
	return block.Bytes, nil
}
