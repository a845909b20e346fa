package build

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-img/kubectl-img/internal/engine"
	"github.com/kubectl-img/kubectl-img/internal/engine/img"
	"github.com/kubectl-img/kubectl-img/internal/session"
	"github.com/kubectl-img/kubectl-img/podspec"
)

// stateVolume holds the engine's state. It is a volume: the engine can't mount overlays on the container's own overlay.
const stateVolume = "/var/lib/kubectl-img"

// Engine returns the engine that builds under a profile. This is where an engine is registered.
func Engine(profile podspec.Profile) engine.Engine {
	builds := img.Img{
		StateDir: stateVolume + "/img", Digest: session.ListingPath,
		Hide: []string{session.Dir, session.Workspace, "/run/secrets", corev1.TerminationMessagePathDefault},
	}
	switch {
	case profile.SeparatesSteps():
		// Snapshots that no mount can combine are whole trees, so the state has a directory of its own. There are no mounts to cover anything in, either.
		builds.StateDir, builds.Hide = stateVolume+"/img-stock", nil
	case profile.EmulatesOwners():
		// Files unpacked with emulated owners are of no use where owners are real, so the state has a directory of its own.
		builds.StateDir, builds.Losses = stateVolume+"/img-restricted", session.LossesPath
	case profile.MapsNodeIDs():
		// On a cache volume, the same owner has another id than in a pod with a user namespace of its own.
		builds.StateDir = stateVolume + "/img-node"
	}
	return builds
}

// Abilities returns what the engine can do under every profile.
func Abilities() engine.Abilities { return Engine(podspec.UserNS).Abilities() }
