package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/kubectl-img/kubectl-img/tests/cluster/program"
)

// clockVariable is the environment variable for the clock's error, in seconds.
const clockVariable = "KUBECTL_IMG_CHAOS_CLOCK"

// compileClock builds the plugin with a standard library whose wall clock is wrong: preloaded libraries do not work for Go programs, and time
// namespaces do not change the wall clock. The first time takes minutes, because everything that depends on the clock is compiled.
func (l *lab) compileClock(ctx context.Context) (string, error) {
	root, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
	if err != nil {
		return "", err
	}
	source := filepath.Join(strings.TrimSpace(string(root)), "src", "time", "time.go")
	text, err := os.ReadFile(source)
	if err != nil {
		return "", err
	}
	const now = "\tsec, nsec, mono := runtimeNow()\n"
	if strings.Count(string(text), now) != 1 {
		return "", errors.New("time.Now of this Go release is not as expected")
	}
	wrong := strings.Replace(string(text), now, now+"\tsec += clockError\n", 1) + `
var clockError = func() int64 {
	text, _ := syscall.Getenv("` + clockVariable + `")
	n, _ := atoi(text)
	return int64(n)
}()
`
	wrong = strings.Replace(wrong, "import (\n", "import (\n\t\"syscall\"\n", 1)
	replacement, overlay := filepath.Join(l.Temp, "time.go"), filepath.Join(l.Temp, "overlay.json")
	list, err := json.Marshal(map[string]map[string]string{"Replace": {source: replacement}})
	if err != nil {
		return "", err
	}
	if err := errors.Join(os.WriteFile(replacement, []byte(wrong), 0o644), os.WriteFile(overlay, list, 0o644)); err != nil {
		return "", err
	}
	binary := filepath.Join(l.Temp, "kubectl-img-clock")
	return binary, program.CompilePlugin(ctx, l.Root, binary, "-overlay", overlay)
}
