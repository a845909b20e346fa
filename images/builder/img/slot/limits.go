package slot

import (
	"encoding/json"
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// limitStage is the name under which this program sets limits and then becomes the command: no other process can set them before it starts.
const limitStage = "img-limits"

// limited returns the program and arguments of that stage.
func limited(program string, command *Command) (string, []string, error) {
	limits, err := json.Marshal(command.Limits)
	return "/proc/self/exe", append([]string{limitStage, string(limits), program}, command.Args...), err
}

// Stage runs the part of the program that the process's name asks for. It returns only if that is none of this package's, or has failed.
func Stage() error {
	if os.Args[0] != limitStage {
		return nil
	}
	if len(os.Args) < 4 {
		return errors.New("no command")
	}
	var limits []Limit
	if err := json.Unmarshal([]byte(os.Args[1]), &limits); err != nil {
		return err
	}
	for _, l := range limits {
		if err := unix.Setrlimit(l.Resource, &unix.Rlimit{Cur: l.Soft, Max: l.Hard}); err != nil {
			return err
		}
	}
	return unix.Exec(os.Args[2], os.Args[3:], os.Environ())
}
