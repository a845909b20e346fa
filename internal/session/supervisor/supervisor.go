// Package supervisor has the shell script that is the builder container's main process. The script is split into files by
// subject; the pod carries them as one.
package supervisor

import (
	"embed"
	"strings"
)

//go:embed *.sh
var files embed.FS

// order is the order in which a reader meets the files in a pod. Only the ends matter to the shell: start.sh sets what the others
// use, and main.sh runs the command.
func order() []string {
	return []string{
		"start.sh", "supervise.sh", "check.sh", "run.sh", "login.sh", "login_google.sh", "result.sh", "json.sh", "leash.sh",
		"receive.sh", "frames.sh", "follow.sh", "send.sh", "main.sh",
	}
}

// Script returns the whole script.
func Script() string {
	var parts []string
	for _, name := range order() {
		text, err := files.ReadFile(name)
		if err != nil { // a name above is misspelt
			panic(err)
		}
		parts = append(parts, string(text))
	}
	return strings.Join(parts, "\n")
}
