package session

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/kubectl-img/kubectl-img/exec"
	"github.com/kubectl-img/kubectl-img/internal/engine"
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
	cmd := osexec.Command("go", "test", "-c", "-o", program, "./receive")
	cmd.Dir, cmd.Env = filepath.Join("..", "..", "images", "builder", "img"), append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=readonly")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("compile img's receiver: %w: %s", err, out)
	}
	return program, nil
})

// engineReceives returns a shell with the variables of a pod whose engine receives the upload.
func engineReceives(t *testing.T) []string {
	t.Helper()
	program, err := compileReceiver()
	if err != nil {
		t.Fatal(err)
	}
	return withReceiver("echo receive", program+" receive", "busybox", "sh")
}

func withReceiver(about, receive string, shell ...string) []string {
	return append([]string{"env", "ABOUT=" + about, "CAN_RECEIVE=receive", "RECEIVE=" + receive}, shell...)
}

// The engine receives if it has said that it can, and the client hears it.
func TestReceiver(t *testing.T) {
	engineReceives(t)
	program, _ := compileReceiver()
	for name, c := range map[string]struct {
		shell []string
		want  string
	}{
		"busybox":                {withReceiver("echo receive", program+" receive", "busybox", "sh"), "receiving 1 zstd\n"},
		"dash":                   {withReceiver("echo receive", program+" receive", "dash"), "receiving 1 zstd\n"},
		"an older engine":        {withReceiver("echo older", program+" receive", "dash"), "receiving 1\n"},
		"an engine of 2020":      {withReceiver("false", program+" receive", "dash"), "receiving 1\n"},
		"another kind":           {[]string{"dash"}, "receiving 1\n"},
		"it does not start":      {withReceiver("echo receive", "no-such-program", "dash"), "refused 1 "},
		"it dies without a word": {withReceiver("echo receive", "false", "dash"), "refused 1 the receiving process was killed\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := startPod(t, c.shell)
			var stream bytes.Buffer
			if err := writeFrames(exec.NewFrameWriter(&stream), p.job(map[string]string{"a": "b"}, sh(engine.PhaseBuild, "echo built")).Write); err != nil {
				t.Fatal(err)
			}
			p.receive(1, stream.Bytes())
			events := p.read("run/events")
			if !strings.Contains(events, c.want) || strings.Contains(events, "uploaded") == strings.Contains(events, "refused") {
				t.Errorf("events %q, want %q", events, c.want)
			}
		})
	}
}

// A client that has heard of zstd sends it.
func TestReceiverGetsZstd(t *testing.T) {
	for name, shell := range map[string][]string{"img": engineReceives(t), "a shell": {"dash"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := startPod(t, shell)
			var log, sent bytes.Buffer
			s, ctx := p.session(&log, func(s *Session) {
				honest := s.run
				s.run = func(ctx context.Context, argv []string, st exec.Streams) error {
					if st.Stdin != nil && argv[2] == "receive" {
						st.Stdin = io.TeeReader(st.Stdin, &sent)
					}
					return honest(ctx, argv, st)
				}
			})
			job := p.job(map[string]string{"a": strings.Repeat("text ", 1000)}, sh(engine.PhaseBuild, "echo built"))
			job.AfterCheck = true // it begins when the pod has said what it takes
			if _, err := build(t, ctx, s, job); err != nil || log.String() != "built\n" {
				t.Errorf("%v, log %q", err, log.String())
			}
			want := map[string]string{"img": "zstd ", "a shell": "gzip "}[name]
			if !strings.HasPrefix(sent.String(), want) {
				t.Errorf("the upload begins with %.20q, want %q", sent.String(), want)
			}
		})
	}
}
