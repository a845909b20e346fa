package cluster

import (
	"strconv"
	"strings"
)

// Names and addresses inside the namespaces, which are the same in every instance.
const (
	nodeName  = "kubectl-img-tests"
	services  = "10.96.0.0/16"
	serviceIP = "10.96.0.1" // of the API server, for pods
	dnsIP     = "10.96.0.10"

	authUser     = "builder"
	authPassword = "correct-horse-battery"
)

// instance has the names and addresses that are different for each cluster of a machine.
type instance struct {
	number  int
	link    string // the host's end of the veth pair
	cgroup  string // of everything in the cluster, in every hierarchy
	hostIP  string
	nodeIP  string
	podCIDR string
}

// newInstance accepts numbers up to 100. Instance zero is the one that all commands and most tests share.
func newInstance(number int) instance {
	n := strconv.Itoa(number)
	link := strconv.Itoa(77 + number)
	return instance{
		number:  number,
		link:    "kimg" + n,
		cgroup:  "kubectl-img-tests-" + n,
		hostIP:  "10.89." + link + ".1",
		nodeIP:  "10.89." + link + ".2",
		podCIDR: "10." + strconv.Itoa(100+number) + ".0.0/16",
	}
}

// firstPodCIDR has the addresses of the first node's pods. The machines share the other half.
func (i instance) firstPodCIDR() string { return strings.TrimSuffix(i.podCIDR, "/16") + "/17" }

func (i instance) openRegistry() string { return i.nodeIP + ":5000" }

func (i instance) authRegistry() string { return i.nodeIP + ":5001" }
