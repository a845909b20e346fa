package plugin

import (
	"errors"
	"fmt"

	"k8s.io/apimachinery/pkg/util/version"
)

// The minor versions of servers that the plugin supports. 1.30 has the last of the pod's fields that is more than an improvement:
// appArmorProfile, by which profile unconfined builds on nodes with AppArmor; older servers drop it without a word. Upwards it is
// Kubernetes' own rule for clients, one minor version beyond theirs, which is client-go's; a test holds it to go.mod.
const (
	oldestServer = 30
	newestServer = 38
)

var errNoVersion = errors.New("no answer from the API server")

// skew says why the plugin is not made for a server; empty if it is, or if the version says nothing.
func skew(server string) string {
	v, err := version.ParseGeneric(server)
	if err != nil || v.Major() == 1 && v.Minor() >= oldestServer && v.Minor() <= newestServer {
		return ""
	}
	return fmt.Sprintf("the server is Kubernetes %s; this version of kubectl img supports 1.%d to 1.%d", server, oldestServer, newestServer)
}
