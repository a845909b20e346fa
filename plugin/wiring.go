package plugin

import (
	"fmt"
	"maps"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-img/kubectl-img/internal/engine"
	"github.com/kubectl-img/kubectl-img/internal/session"
	"github.com/kubectl-img/kubectl-img/podspec"
)

// stateVolume holds what the engine keeps; the supervisor makes the directory below it.
const stateVolume = "/var/lib/kubectl-img"

// What the pod is made of besides its profile; nothing else in this package knows a path in the pod.
const (
	podContextDir = session.ContextDir
	podDockerfile = session.DockerfilePath
	podOutputPath = session.OutputPath
)

func podCommand() []string { return session.Command() }

// engineOf is the one of a profile. Its state is on a volume, never on the container's overlay; and what it unpacked with emulated owners is
// of no use where owners are real.
func engineOf(profile podspec.Profile) engine.Img {
	hide := []string{session.Dir, session.Workspace, "/run/secrets", corev1.TerminationMessagePathDefault}
	if profile == podspec.Restricted {
		return engine.Img{StateDir: stateVolume + "/img-restricted", Hide: hide, Losses: session.LossesPath}
	}
	return engine.Img{StateDir: stateVolume + "/img", Hide: hide}
}

// podEnv is sorted, so that the same plan always prints the same pod.
func podEnv(o podspec.Options, grace time.Duration, more map[string]string) []corev1.EnvVar {
	values := engineOf(o.Profile).Environment()
	maps.Copy(values, session.Environment(string(o.Profile), o.HostUsers, grace))
	maps.Copy(values, more)
	var env []corev1.EnvVar
	for _, name := range slices.Sorted(maps.Keys(values)) {
		env = append(env, corev1.EnvVar{Name: name, Value: values[name]})
	}
	return env
}

func loginVolume(i int) string { return fmt.Sprintf("login-%d", i) }

// podVolumes is every directory the builder writes to: its root file system is read-only.
func podVolumes(cacheClaim string) []podspec.Volume {
	return []podspec.Volume{
		{Name: "workspace", MountPath: session.Workspace},
		{Name: "session", MountPath: session.Dir, Memory: true},
		{Name: "state", MountPath: stateVolume, Claim: cacheClaim},
		{Name: "tmp", MountPath: "/tmp"},
	}
}
