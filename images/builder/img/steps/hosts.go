package steps

import (
	"bufio"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"

	"github.com/moby/buildkit/executor"
)

// checkHosts reports the first of a step's hosts that /etc/hosts does not have. The file is the pod's, and the same in all of its containers.
func checkHosts(file string, hosts []executor.HostIP) error {
	if len(hosts) == 0 {
		return nil
	}
	open, err := os.Open(file)
	if err != nil {
		return err
	}
	defer open.Close()
	var known []string
	lines := bufio.NewScanner(open)
	for lines.Scan() {
		line, _, _ := strings.Cut(lines.Text(), "#")
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		ip, err := netip.ParseAddr(fields[0])
		if err != nil {
			continue
		}
		for _, name := range fields[1:] {
			known = append(known, name+"="+ip.String())
		}
	}
	if err := lines.Err(); err != nil {
		return err
	}
	for _, host := range hosts {
		if !slices.Contains(known, host.Host+"="+host.IP.String()) {
			return fmt.Errorf("--add-host %s:%s: build steps have the pod's own %s, which lacks this host: add it to the pod's hostAliases", host.Host, host.IP, file)
		}
	}
	return nil
}
