package pki

import (
	"crypto/x509"
	"strings"
	"testing"
)

func TestLoad(t *testing.T) {
	t.Run("keeps the authority of an earlier start", keepsAuthority)
}

func keepsAuthority(t *testing.T) {
	dir := t.TempDir()
	first, err := Load(dir, "an authority")
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Client("admin", "admin", "system:masters"); err != nil {
		t.Fatal(err)
	}
	second, err := Load(dir, "an authority")
	if err != nil {
		t.Fatal(err)
	}
	if !second.certificate.Equal(first.certificate) {
		t.Error("a second start made a new authority")
	}
	admin, err := readPair(dir + "/admin")
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(second.certificate)
	options := x509.VerifyOptions{Roots: roots, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}
	if _, err := admin.certificate.Verify(options); err != nil {
		t.Errorf("the kept authority did not sign its certificate: %v", err)
	}
	if got := strings.Join(admin.certificate.Subject.Organization, " "); got != "system:masters" {
		t.Errorf("groups are %q", got)
	}
}
