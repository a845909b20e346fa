package cluster

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
)

// appsLayers are a Debian for applications: with pip, with this machine's Node.js and npm, and with packages below /debs that are not
// installed, for a build to do it. Those have maintainer scripts that make users, set ids and file capabilities.
func appsLayers(ctx context.Context) ([]layer, error) {
	node, err := nodeLayer(ctx)
	if err != nil {
		return nil, err
	}
	return []layer{
		// What the packages of debsLayer depend on, and what Node.js is linked with.
		debianLayer("apps", "adduser", "libapparmor1", "libcap2-bin", "libedit2", "libexpat1", "libfido2-1", "libgssapi-krb5-2", "libssl3",
			"libstdc++6", "libsystemd0", "python3-pip", "python3-venv", "sensible-utils", "tzdata"),
		debsLayer("cron", "cron-daemon-common", "dbus", "dbus-bin", "dbus-daemon", "dbus-session-bus-common", "dbus-system-bus-common",
			"iputils-ping", "libdbus-1-3", "openssh-client", "sudo"),
		node,
	}, nil
}

func debsLayer(packages ...string) layer {
	const script = `set -eu
mkdir "$1/debs"
cd "$1/debs"
shift
apt-get -q download "$@"
chmod 644 ./*`
	return scriptLayer("debs", newKey(script).text(packages...), script, packages...)
}

func nodeLayer(ctx context.Context) (layer, error) {
	const find = `set -eu
node=$(readlink -f "$(command -v node)") npm=$(dirname "$(dirname "$(readlink -f "$(command -v npm)")")")
printf '%s\n%s' "$node" "$npm"`
	const script = `set -eu
cd "$1"
mkdir -p usr/local/bin usr/local/lib/node_modules
cp "$2" usr/local/bin/node
cp -R "$3" usr/local/lib/node_modules/npm
ln -s ../lib/node_modules/npm/bin/npm-cli.js usr/local/bin/npm`
	found, err := capture(exec.CommandContext(ctx, "/bin/sh", "-c", find))
	if err != nil {
		return layer{}, fmt.Errorf("find Node.js and npm: %w", err)
	}
	node, npm, _ := strings.Cut(found, "\n")
	return scriptLayer("node", newKey(script).files(node, filepath.Join(npm, "package.json")), script, node, npm), nil
}
