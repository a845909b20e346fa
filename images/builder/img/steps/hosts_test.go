package steps

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/moby/buildkit/executor"
)

func TestCheckHosts(t *testing.T) {
	file := filepath.Join(t.TempDir(), "hosts")
	if err := os.WriteFile(file, []byte("# 9.9.9.9 comment\n127.0.0.1\tlocalhost\n10.0.0.1 a b # x\nfe00::0 six\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for host, known := range map[string]bool{"a=10.0.0.1": true, "b=10.0.0.1": true, "six=fe00::": true, "a=10.0.0.2": false, "comment=9.9.9.9": false} {
		name, ip, _ := strings.Cut(host, "=")
		if err := checkHosts(file, []executor.HostIP{{Host: name, IP: net.ParseIP(ip)}}); (err == nil) != known {
			t.Errorf("%s: %v", host, err)
		}
	}
}
