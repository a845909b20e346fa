// Package session is the conversation with the supervisor in the builder pod: upload, follow, leash, result.
//
// The files below Dir are the protocol; supervisor.sh is its other end and says what each verb does.
package session

import (
	_ "embed"
	"strconv"
	"strings"
	"time"
)

// Where things are in the builder pod.
const (
	Dir            = "/run/kubectl-img" // memory-backed: job, credentials, events, result
	Workspace      = "/workspace"       // context, log and output
	ContextDir     = Workspace + "/context"
	OutputPath     = Workspace + "/output"
	DockerfilePath = upload + "/dockerfile/Dockerfile"
	LossesPath     = Dir + "/losses" // the engine's report of the owners that it could not keep

	upload = Dir + "/upload"
	script = Dir + "/supervisor"
)

// EnvGrace is the variable of the pod that holds how many seconds it waits for a client.
const EnvGrace = "LEASH_GRACE"

//go:embed supervisor.sh
var supervisorText string

// supervisor is the whole script. What ends supervisor.sh runs it, so its functions go before.
var supervisor = preflightText + supervisorText

// boot stores the supervisor where execs find it too, whole or not at all, and becomes it.
const boot = `printf %s "$0" >` + script + `.new && mv ` + script + `.new ` + script + ` && exec sh ` + script + ` supervise`

// Command is the builder container's command: everything that will run in the pod besides the engine. The kubelet
// expands variables in a command, in which $$ stands for one $.
func Command() []string {
	return []string{"sh", "-c", boot, strings.ReplaceAll(supervisor, "$$", "$$$$")}
}

// Environment is what the supervisor expects in the container's environment. The pod has a user namespace of its own, if its profile is one
// with that, unless hostUsers is set.
func Environment(profile string, hostUsers bool, grace time.Duration) map[string]string {
	env := map[string]string{
		"PROFILE":         profile,
		EnvGrace:          strconv.Itoa(int(grace.Seconds())),
		"XDG_RUNTIME_DIR": Dir + "/xdg",
	}
	if hostUsers {
		env["HOST_USERS"] = "true"
	}
	return env
}

// CacheEnvironment is what the supervisor expects besides, where the engine's state is on a volume that others may use.
func CacheEnvironment(wait bool) map[string]string {
	return map[string]string{"CACHE_WAIT": strconv.FormatBool(wait)}
}

func verb(args ...string) []string { return append([]string{"sh", script}, args...) }
