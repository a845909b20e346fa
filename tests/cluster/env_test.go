package cluster

import (
	"crypto/x509"
	"os/exec"
	"strings"
	"testing"
)

func TestExportsSurviveAShell(t *testing.T) {
	c := &Cluster{Bin: "/bin dir", Kubeconfig: "it's here", AuthPassword: `$HOME "x"`}
	script := c.Exports() + `printf '%s\n' "$KUBECONFIG" "$KUBECTL_IMG_TESTS_AUTH_PASSWORD" "${PATH%%:*}"`
	output, err := exec.CommandContext(t.Context(), "/bin/sh", "-c", script).Output()
	if err != nil {
		t.Fatal(err)
	}
	if want := "it's here\n$HOME \"x\"\n/bin dir\n"; string(output) != want {
		t.Errorf("got %q, want %q", output, want)
	}
}

func TestInstancesDiffer(t *testing.T) {
	one, other := newInstance(0), newInstance(1)
	if one.link == other.link || one.cgroup == other.cgroup || one.nodeIP == other.nodeIP || one.podCIDR == other.podCIDR {
		t.Errorf("instances share names or addresses: %+v %+v", one, other)
	}
	if pathsOf(0).state == pathsOf(1).state {
		t.Error("instances share a state directory")
	}
}

func TestAuthorityIsKept(t *testing.T) {
	dir := t.TempDir()
	first, err := loadAuthority(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := first.client("admin", "admin", "system:masters"); err != nil {
		t.Fatal(err)
	}
	second, err := loadAuthority(dir)
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
		t.Errorf("the kept authority does not vouch for its certificate: %v", err)
	}
	if got := strings.Join(admin.certificate.Subject.Organization, " "); got != "system:masters" {
		t.Errorf("groups are %q", got)
	}
}
