package cluster

import (
	"context"
	"strings"

	"github.com/kubectl-img/kubectl-img/tests/cluster/debian"
)

// nodePackages are the Debian packages that run the node and make its images. The builder image's Dockerfile names those of that image.
func nodePackages() []string {
	return []string{
		"ca-certificates", "containernetworking-plugins", "debootstrap", "docker-registry", "gcc", "iproute2", "libc6-dev", "mount",
	}
}

// installPackages installs the packages that are missing.
func installPackages(ctx context.Context, names []string, log *progress) error {
	missing, err := debian.Missing(ctx, names)
	if err != nil || len(missing) == 0 {
		return err
	}
	return log.step("install "+strings.Join(missing, " "), func() error { return debian.Install(ctx, missing) })
}
