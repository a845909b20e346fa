package buildflags

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"github.com/docker/go-units"
	"github.com/spf13/pflag"

	"github.com/kubectl-img/kubectl-img/internal/build"
	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/internal/complete"
)

// stepFlags say how the steps of the Dockerfile run. An engine of 2020 knows none of them; the run compares them with the engine's abilities.
type stepFlags struct {
	*input

	addHosts   []string
	staleSteps []string
	pull       bool
	shmSize    string
	ulimits    []string
	network    string
}

func (f *stepFlags) add(flags *pflag.FlagSet) {
	flags.StringSliceVar(&f.staleSteps, "no-cache-filter", nil, "Run every step of `STAGE` again (repeatable)")
	flags.BoolVar(&f.pull, "pull", false, "Ask the registry for base images that --cache-volume has kept")
	flags.StringArrayVar(&f.addHosts, "add-host", nil, "`HOST:IP` for /etc/hosts of the steps (repeatable)")
	flags.StringVar(&f.shmSize, "shm-size", "", "`SIZE` of /dev/shm in the steps, as 128m or 1g (default 64m)")
	flags.StringArrayVar(&f.ulimits, "ulimit", nil, "`NAME=SOFT[:HARD]` for the steps, not above the pod's own limits (repeatable)")
	flags.StringVar(&f.network, "network", networkDefault, "`MODE` of the steps' network: default, which is the pod's")
}

const networkDefault = "default"

func completeSteps() complete.Table {
	return complete.Table{"no-cache-filter": complete.Nothing, "add-host": complete.Nothing, "shm-size": complete.Nothing, "ulimit": complete.Nothing, "network": complete.Words(networkDefault)}
}

func (f *stepFlags) read(plan *build.Plan) error {
	plan.Build.Pull = f.pull
	for _, stage := range f.staleSteps {
		if strings.TrimSpace(stage) == "" {
			return f.invalid("no-cache-filter", stage, errors.New("empty name: want a stage of the Dockerfile"))
		}
		plan.Build.StaleSteps = append(plan.Build.StaleSteps, stage)
	}
	for _, value := range f.addHosts {
		host, err := parseHost(value)
		if err != nil {
			return f.invalid("add-host", value, err)
		}
		plan.Build.AddHosts = append(plan.Build.AddHosts, host)
	}
	return f.readLimits(plan)
}

func (f *stepFlags) readLimits(plan *build.Plan) (err error) {
	if f.shmSize != "" {
		if plan.Build.ShmSize, err = units.RAMInBytes(f.shmSize); err != nil || plan.Build.ShmSize <= 0 {
			return f.invalid("shm-size", f.shmSize, errors.New("want a size: 128m, 1g"))
		}
	}
	for _, value := range f.ulimits {
		limit, err := units.ParseUlimit(value)
		if err != nil {
			return f.invalid("ulimit", value, err)
		}
		plan.Build.Ulimits = append(plan.Build.Ulimits, limit.String())
	}
	switch f.network {
	case networkDefault, "":
		return nil
	case "none":
		return cli.WithHint(f.invalid("network", f.network, errors.New("a pod without rights can't give a step a network of its own")),
			"select the pod in a NetworkPolicy with --pod-label KEY=VALUE")
	case "host":
		return cli.WithHint(f.invalid("network", f.network, errors.New("the node's network is out of a builder pod's reach")), "leave it out: steps use the pod's network")
	default:
		return f.invalid("network", f.network, errors.New("want default"))
	}
}

// parseHost reads docker's HOST:IP and HOST=IP, where an IPv6 address can have brackets, and returns HOST=IP.
func parseHost(value string) (string, error) {
	i := strings.IndexAny(value, ":=")
	if i <= 0 || strings.ContainsAny(value[:i], ", \t\r\n") {
		return "", errors.New("want HOST:IP")
	}
	host, address := value[:i], value[i+1:]
	if address == "host-gateway" {
		return "", errors.New("host-gateway is an address of a docker daemon, and there is none: want HOST:IP")
	}
	if strings.HasPrefix(address, "[") && strings.HasSuffix(address, "]") {
		address = address[1 : len(address)-1]
	}
	ip, err := netip.ParseAddr(address)
	if err != nil || ip.Zone() != "" {
		return "", fmt.Errorf("%q is no IP address: want HOST:IP", address)
	}
	return host + "=" + ip.String(), nil
}
