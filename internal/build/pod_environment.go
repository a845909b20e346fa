package build

import (
	"fmt"
	"maps"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-img/kubectl-img/internal/session"
	"github.com/kubectl-img/kubectl-img/podspec"
)

// PodEnvironment returns the environment of the builder's container, for a grace period. It is sorted, so that the same plan always prints the same pod.
func PodEnvironment(o podspec.Options, grace time.Duration, more map[string]string) []corev1.EnvVar {
	keepsState := slices.ContainsFunc(o.Volumes, func(v podspec.Volume) bool { return v.MountPath == stateVolume && v.Claim != "" })
	values := Engine(o.Profile).Environment(keepsState)
	maps.Copy(values, session.Environment(string(o.Profile), o.HostUsers, grace))
	maps.Copy(values, more)
	var env []corev1.EnvVar
	for _, name := range slices.Sorted(maps.Keys(values)) {
		env = append(env, corev1.EnvVar{Name: name, Value: values[name]})
	}
	return env
}

// PodVolumes returns a volume for every directory that the builder writes to: its root file system is read-only. The engine's state
// is on the claim, if there is one.
func PodVolumes(cacheClaim string) []podspec.Volume {
	return []podspec.Volume{
		{Name: "workspace", MountPath: session.Workspace},
		{Name: "session", MountPath: session.Dir, Memory: true},
		{Name: "state", MountPath: stateVolume, Claim: cacheClaim},
		{Name: "tmp", MountPath: "/tmp"},
	}
}

// LoginVolumes mounts the Secrets that hold registry logins.
func LoginVolumes(secrets []string) []podspec.Volume {
	var volumes []podspec.Volume
	for i, name := range secrets {
		volumes = append(volumes, podspec.Volume{Name: fmt.Sprintf("login-%d", i), MountPath: session.MountsDir + "/" + name, Secret: name})
	}
	return volumes
}
