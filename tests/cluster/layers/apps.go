package layers

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/kubectl-img/kubectl-img/tests/cluster/cache"
	"github.com/kubectl-img/kubectl-img/tests/cluster/program"
)

// Apps is a Debian for applications: it has pip, this machine's Node.js and npm, and below /debs packages that a build can install. Their
// maintainer scripts create users, and set set-ID bits and file capabilities.
func Apps(ctx context.Context) ([]Layer, error) {
	node, err := nodeJS(ctx)
	if err != nil {
		return nil, err
	}
	return []Layer{
		// The dependencies of the packages below /debs, and the libraries of Node.js.
		Debian("apps", "adduser", "libapparmor1", "libcap2-bin", "libedit2", "libexpat1", "libfido2-1", "libgssapi-krb5-2", "libssl3",
			"libstdc++6", "libsystemd0", "python3-pip", "python3-venv", "sensible-utils", "tzdata"),
		debs("cron", "cron-daemon-common", "dbus", "dbus-bin", "dbus-daemon", "dbus-session-bus-common", "dbus-system-bus-common",
			"iputils-ping", "libdbus-1-3", "openssh-client", "sudo"),
		node,
	}, nil
}

// debs is a directory of packages that are not installed.
func debs(packages ...string) Layer {
	const text = `set -eu
mkdir "$1/debs"
cd "$1/debs"
shift
apt-get -q download "$@"
chmod 644 ./*`
	return script("debs", cache.NewKey(text).Text(packages...), text, packages...)
}

func nodeJS(ctx context.Context) (Layer, error) {
	const find = `set -eu
node=$(readlink -f "$(command -v node)") npm=$(dirname "$(dirname "$(readlink -f "$(command -v npm)")")")
printf '%s\n%s' "$node" "$npm"`
	const text = `set -eu
cd "$1"
mkdir -p usr/local/bin usr/local/lib/node_modules
cp "$2" usr/local/bin/node
cp -R "$3" usr/local/lib/node_modules/npm
ln -s ../lib/node_modules/npm/bin/npm-cli.js usr/local/bin/npm`
	found, err := program.Output(exec.CommandContext(ctx, "/bin/sh", "-c", find))
	if err != nil {
		return Layer{}, fmt.Errorf("find Node.js and npm: %w", err)
	}
	node, npm, _ := strings.Cut(found, "\n")
	return script("node", cache.NewKey(text).Files(node, filepath.Join(npm, "package.json")), text, node, npm), nil
}
