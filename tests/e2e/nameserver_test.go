package e2e_test

import (
	"fmt"
	"net"
	"path/filepath"
	"testing"
)

// nameServer starts a name server that does not know any name, and returns the file of a pod template that uses it. The cluster has no name
// server.
func nameServer(t *testing.T) string {
	t.Helper()
	server, err := (&net.ListenConfig{}).ListenPacket(t.Context(), "udp", net.JoinHostPort(shared.HostIP, "53"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	go func() {
		query := make([]byte, 1500)
		for {
			n, from, err := server.ReadFrom(query)
			if err != nil {
				return
			}
			if n < 12 {
				continue
			}
			answer := append([]byte(nil), query[:n]...)
			answer[2], answer[3] = 0x81, 0x83 // a response, and NXDOMAIN
			answer[10], answer[11] = 0, 0     // without the query's additional records
			_, _ = server.WriteTo(answer, from)
		}
	}()
	file := filepath.Join(t.TempDir(), "template.yaml")
	write(t, file, fmt.Sprintf("apiVersion: v1\nkind: Pod\nspec:\n  dnsPolicy: None\n  dnsConfig: {nameservers: [%s]}\n", shared.HostIP))
	return file
}
