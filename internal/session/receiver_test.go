package session

import (
	"fmt"
	"os"
	osexec "os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// compiled is the directory of the compiled receiver. TestMain removes it.
var compiled string

func TestMain(m *testing.M) {
	code := m.Run()
	if compiled != "" {
		_ = os.RemoveAll(compiled)
	}
	os.Exit(code)
}

// compileReceiver compiles img's receiver, which is in another module, without the rest of img.
var compileReceiver = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "receiver-")
	if err != nil {
		return "", err
	}
	compiled = dir
	program := filepath.Join(dir, "img")
	cmd := osexec.Command("go", "test", "-c", "-o", program, "./receive") //nolint:noctx // no test ends while it runs
	cmd.Dir, cmd.Env = filepath.Join("..", "..", "images", "builder", "img"), append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=readonly")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("compile img's receiver: %w: %s", err, out)
	}
	return program, nil
})

// receiver returns the start of a command line that gives a pod an engine which receives.
func receiver(t *testing.T) []string {
	t.Helper()
	program, err := compileReceiver()
	if err != nil {
		t.Fatal(err)
	}
	return []string{"env", "ABOUT=echo receive", "RECEIVES=receive", "RECEIVE=" + program + " receive"}
}
