// Package supervisor has the shell script that is the builder container's main process. The script is split into files by
// subject; the pod carries them as one.
package supervisor

import (
	"embed"
	"strings"
)

//go:embed *.sh
var files embed.FS

// order is the order of the files in a pod, chosen for its readers. To the shell only the ends matter: start.sh sets what the others use,
// and main.sh runs the command.
func order() []string {
	return []string{
		"start.sh", "supervise.sh", "check.sh", "run.sh", "dockerfile.sh", "login.sh", "result.sh", "json.sh", "leash.sh", "receive.sh",
		"frames.sh", "follow.sh", "send.sh", "main.sh",
	}
}

// Script returns the whole script. Each of logins is shell text that defines a login_NAME function of a cloud.
func Script(logins ...string) string {
	var parts []string
	for _, name := range order() {
		text, err := files.ReadFile(name)
		if err != nil { // a name above is misspelt
			panic(err)
		}
		parts = append(parts, string(text))
		if name == "login.sh" {
			parts = append(parts, logins...)
		}
	}
	return strings.Join(parts, "\n")
}
