package plugin

import (
	"errors"
	"fmt"

	"k8s.io/apimachinery/pkg/util/version"
)

// The minor versions of servers that the plugin supports. 1.30 brought the field appArmorProfile, without which profile unconfined can't build on nodes
// with AppArmor; older servers drop the field silently. The newest is one minor version beyond client-go's, which is Kubernetes' rule for clients.
const (
	oldestServer = 30
	newestServer = 38
)

var errNoVersion = errors.New("no answer from the API server")

// skew returns a warning for a server that the plugin does not support, or nothing.
func skew(server string) string {
	v, err := version.ParseGeneric(server)
	if err != nil || v.Major() == 1 && v.Minor() >= oldestServer && v.Minor() <= newestServer {
		return ""
	}
	return fmt.Sprintf("the server is Kubernetes %s; this version of kubectl img supports 1.%d to 1.%d", server, oldestServer, newestServer)
}
