package registryauth

import (
	"encoding/pem"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestCertificates(t *testing.T) {
	server := httptest.NewUnstartedServer(nil)
	server.StartTLS()
	defer server.Close()
	file := append([]byte("a comment\n-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"), pemOf(server.Certificate().Raw)...)
	got, err := Certificates(file)
	if err != nil || strings.Contains(string(got), "PRIVATE") || !strings.Contains(string(got), "BEGIN CERTIFICATE") {
		t.Errorf("%s, %v", got, err)
	}
	for _, bad := range []string{"", "no PEM", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"} {
		if _, err := Certificates([]byte(bad)); err == nil {
			t.Errorf("%q is taken for certificates", bad)
		}
	}
}

func pemOf(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}
