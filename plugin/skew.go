package plugin

import (
	"errors"
	"fmt"

	"k8s.io/apimachinery/pkg/util/version"
)

// The minor versions of servers that the plugin supports: those between the oldest and the newest that `make skew` has run, by the records in
// docs/compatibility. Servers before 1.30 drop the field appArmorProfile, without which profile unconfined can't build on nodes with AppArmor.
const (
	oldestServer = 30
	newestServer = 37
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
