package cluster

import "strconv"

// Addresses inside the network namespace are the same in every instance: they never meet.
const (
	nodeName  = "kubectl-img-tests"
	services  = "10.96.0.0/16"
	serviceIP = "10.96.0.1" // the API server, seen from a pod
	dnsIP     = "10.96.0.10"

	authUser     = "builder"
	authPassword = "correct-horse-battery"
)

// instance holds the names and addresses by which clusters on one machine differ.
type instance struct {
	number  int
	link    string // the host's end of the cable
	cgroup  string // below which everything of the cluster runs, in every hierarchy
	hostIP  string
	nodeIP  string
	podCIDR string
}

// newInstance numbers up to 100; zero is the one that all commands and most tests share.
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

func (i instance) openRegistry() string { return i.nodeIP + ":5000" }

func (i instance) authRegistry() string { return i.nodeIP + ":5001" }
