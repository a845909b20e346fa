package machine

import (
	"net/netip"
	"strings"
	"testing"
)

func TestFind(t *testing.T) {
	found, err := Find(Names())
	if err != nil || len(found) != len(kinds) {
		t.Errorf("%v, %v", found, err)
	}
	if _, err := Find([]string{"modern", "ancient"}); err == nil || !strings.Contains(err.Error(), `"ancient"`) || !strings.Contains(err.Error(), "modern, old, arm64") {
		t.Errorf("an unknown node: %v", err)
	}
}

// Two machines can run at once, and none may have an address of the first node or of its pods.
func TestAddresses(t *testing.T) {
	taken := map[string]string{"10.89.77.1": "the host", "10.89.77.2": "the first node"}
	ranges := []netip.Prefix{netip.MustParsePrefix("10.100.0.0/17")}
	all, err := Find(Names())
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range all {
		m := Machine{Kind: kind, Nodes: "10.89.77", Pods: "10.100"}
		for _, address := range []string{m.Address(), m.gateway()} {
			if other := taken[address]; other != "" {
				t.Errorf("%s has address %s of %s", m.Name, address, other)
			}
			taken[address] = m.Name
		}
		pods := netip.MustParsePrefix(m.PodCIDR())
		for _, other := range ranges {
			if pods.Overlaps(other) {
				t.Errorf("the pods of %s have %s, which overlaps with %s", m.Name, pods, other)
			}
		}
		ranges = append(ranges, pods)
	}
}
