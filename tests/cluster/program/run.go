package program

import (
	"fmt"
	"os/exec"
	"strings"
)

// shown is how many bytes of a program's output its error quotes.
const shown = 2000

// Run waits for the end of a command. The error quotes the end of the command's output.
func Run(cmd *exec.Cmd) error {
	output, err := cmd.CombinedOutput()
	if err != nil {
		return failed(cmd, err, output)
	}
	return nil
}

// Output returns everything that a command writes to stdout. The error quotes the end of stderr, unless the caller reads that.
func Output(cmd *exec.Cmd) (string, error) {
	var stderr strings.Builder
	if cmd.Stderr == nil {
		cmd.Stderr = &stderr
	}
	output, err := cmd.Output()
	if err != nil {
		return "", failed(cmd, err, []byte(stderr.String()))
	}
	return string(output), nil
}

func failed(cmd *exec.Cmd, err error, output []byte) error {
	text := strings.TrimSpace(string(output))
	if len(text) > shown {
		text = "… " + text[len(text)-shown:]
	}
	return fmt.Errorf("%s: %w: %s", strings.Join(cmd.Args, " "), err, text)
}
