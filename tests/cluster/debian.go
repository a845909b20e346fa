package cluster

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"sort"
	"strings"
)

// nodePackages are the Debian packages that run the node and make its images. Those of the builder image come from its Dockerfile.
var nodePackages = []string{
	"ca-certificates", "containernetworking-plugins", "debootstrap", "docker-registry", "gcc", "iproute2", "libc6-dev", "mount",
}

// installPackages installs whatever of names is missing.
func installPackages(ctx context.Context, names []string, log *progress) error {
	installed, err := installedPackages(ctx)
	if err != nil {
		return err
	}
	var missing []string
	for _, name := range names {
		if _, ok := installed[name]; !ok {
			missing = append(missing, name)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	sort.Strings(missing)
	return log.step("install "+strings.Join(missing, " "), func() error {
		if err := apt(ctx, "update"); err != nil {
			return err
		}
		return apt(ctx, append([]string{"install", "-y", "--no-install-recommends"}, missing...)...)
	})
}

func apt(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, "apt-get", append([]string{"-q"}, args...)...)
	// RUNLEVEL=1 keeps the packages' own services from starting: the cluster runs its registries itself.
	cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1")
	return run(cmd)
}

// installedPackages maps the name of each installed package to its version.
func installedPackages(ctx context.Context) (map[string]string, error) {
	output, err := capture(exec.CommandContext(ctx, "dpkg-query", "-W", "-f", "${db:Status-Status} ${Package} ${Version}\n"))
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
