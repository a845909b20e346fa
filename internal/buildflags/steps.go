package buildflags

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"github.com/spf13/pflag"

	"github.com/kubectl-img/kubectl-img/internal/build"
	"github.com/kubectl-img/kubectl-img/internal/complete"
)

// stepFlags say how the steps of the Dockerfile run. An engine of 2020 knows none of them; the run compares them with the engine's abilities.
type stepFlags struct {
	*input

	addHosts   []string
	staleSteps []string
	pull       bool
}

func (f *stepFlags) add(flags *pflag.FlagSet) {
	flags.StringSliceVar(&f.staleSteps, "no-cache-filter", nil, "Run every step of `STAGE` again (repeatable)")
	flags.BoolVar(&f.pull, "pull", false, "Ask the registry for base images that --cache-volume has kept")
	flags.StringArrayVar(&f.addHosts, "add-host", nil, "`HOST:IP` for /etc/hosts of the steps (repeatable)")
}

func completeSteps() complete.Table {
	return complete.Table{"no-cache-filter": complete.Nothing, "add-host": complete.Nothing}
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
	return nil
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
