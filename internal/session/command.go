package session

import (
	"strconv"
	"strings"
	"time"

	"github.com/kubectl-img/kubectl-img/internal/session/supervisor"
)

// boot stores the supervisor as a file, whole or not at all, because later execs run it too; then it runs the supervisor.
const boot = `printf %s "$0" >` + script + `.new && mv ` + script + `.new ` + script + ` && exec sh ` + script + ` supervise`

// Command returns the builder container's command: everything that runs in the pod besides the engine. Each of logins is a cloud's part
// of the supervisor.
func Command(logins ...string) []string {
	// The kubelet expands variables in a command, and reads $$ as one $.
	return []string{"sh", "-c", boot, strings.ReplaceAll(supervisor.Script(logins...), "$$", "$$$$")}
}

// EnvGrace is the container's variable for the number of seconds that the pod waits for a client.
const EnvGrace = "LEASH_GRACE"

// Environment returns the variables that the supervisor needs. Set hostUsers if the pod has no user namespace of its own although
// its profile has one.
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

// CacheEnvironment returns the further variables of a pod whose engine state is on a volume that several pods share.
func CacheEnvironment(wait bool) map[string]string {
	return map[string]string{"CACHE_WAIT": strconv.FormatBool(wait)}
}

// verb returns the command line of an exec.
func verb(args ...string) []string { return append([]string{"sh", script}, args...) }
