// Package debian asks this machine's Debian for its packages and installs more of them.
package debian

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"

	"github.com/kubectl-img/kubectl-img/tests/cluster/program"
)

// CertificateBundle is the file with the certificates that every program trusts.
const CertificateBundle = "/etc/ssl/certs/ca-certificates.crt"

// Installed maps the name of each installed package to its version.
func Installed(ctx context.Context) (map[string]string, error) {
	output, err := program.Output(exec.CommandContext(ctx, "dpkg-query", "-W", "-f", "${db:Status-Status} ${Package} ${Version}\n"))
	if err != nil {
		return nil, fmt.Errorf("list Debian packages (the cluster needs Debian or a relative): %w", err)
	}
	versions := map[string]string{}
	for line := range strings.Lines(output) {
		if fields := strings.Fields(line); len(fields) == 3 && fields[0] == "installed" {
			versions[fields[1]] = fields[2]
		}
	}
	return versions, nil
}

// Missing returns, in alphabetical order, those of the named packages that are not installed.
func Missing(ctx context.Context, names []string) ([]string, error) {
	installed, err := Installed(ctx)
	if err != nil {
		return nil, err
	}
	var missing []string
	for _, name := range names {
		if _, ok := installed[name]; !ok {
			missing = append(missing, name)
		}
	}
	slices.Sort(missing)
	return missing, nil
}

// Install installs packages.
func Install(ctx context.Context, names []string) error {
	if err := apt(ctx, "update"); err != nil {
		return err
	}
	return apt(ctx, append([]string{"install", "-y", "--no-install-recommends"}, names...)...)
}

func apt(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, "apt-get", append([]string{"-q"}, args...)...)
	// RUNLEVEL=1 keeps the packages from starting their services: the cluster runs its registries itself.
	cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1")
	return program.Run(cmd)
}
