package session

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-img/kubectl-img/exec"
	"github.com/kubectl-img/kubectl-img/internal/engine"
)

func TestUpload(t *testing.T) {
	runInReceivers(t, shellTests{
		"nothing is built from an unverified upload": func(t *testing.T, shell []string) {
			p := startPod(t, shell)
			whole := new(bytes.Buffer)
			frames := exec.NewFrameWriter(whole)
			if err := writeFrames(frames, p.job(map[string]string{"big": noise(100_000)}, sh(engine.PhaseBuild, "echo built")).Write); err != nil {
				t.Fatal(err)
			}
			stream := whole.Bytes()
			flipped := bytes.Clone(stream)
			flipped[len(flipped)/2] ^= 1
			try := 0
			for name, sent := range map[string][]byte{
				"empty": nil, "cut in a length": stream[:3], "cut in a frame": stream[:50_000], "cut before the marker": stream[:len(stream)-72],
				"cut in the marker": stream[:len(stream)-9], "one bit flipped": flipped, "no frames": []byte("junk\n"),
			} {
				before := strings.Count(p.read("run/events"), "refused")
				try++
				cmd := p.command("receive", strconv.Itoa(try))
				cmd.Stdin = bytes.NewReader(sent)
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				stuck := time.AfterFunc(20*time.Second, func() { kill(cmd) })
				if err := cmd.Wait(); err == nil {
					t.Errorf("%s: receive succeeded", name)
				}
				stuck.Stop()
				if strings.Count(p.read("run/events"), "refused") != before+1 {
					t.Errorf("%s: accepted: %s", name, p.read("run/events"))
				}
			}
			if got := p.read("workspace/log"); got != "" {
				t.Errorf("something was built: %q", got)
			}
		},
		// The kubelet can lose the end of stdin.
		"the job starts although its receiver is killed": func(t *testing.T, shell []string) {
			p := startPod(t, shell)
			var log bytes.Buffer
			ready := make(chan struct{})
			s, ctx := p.session(&log, func(s *Session) { s.handlers.Ready = func() { close(ready) } })
			<-ready
			// All that is left of a receiver that was killed after it had accepted the upload.
			if err := os.Mkdir(p.path("run/upload"), 0o700); err != nil {
				t.Fatal(err)
			}
			p.write("run/upload/job", "step build echo built\n")
			<-time.After(100 * time.Millisecond) // supervise waits
			p.write("run/received", "1 1\n")
			if _, err := outcome(t, ctx, s); err != nil || log.String() != "built\n" {
				t.Errorf("%v, log %q", err, log.String())
			}
		},
		"the end marker is enough without an end of stdin": func(t *testing.T, shell []string) {
			p := startPod(t, shell)
			var log bytes.Buffer
			s, ctx := p.session(&log, func(s *Session) {
				honest := s.run
				s.run = func(ctx context.Context, argv []string, st exec.Streams) error {
					st.Stdin = &endless{st.Stdin, ctx}
					return honest(ctx, argv, st)
				}
			})
			if _, err := build(t, ctx, s, p.job(nil, sh(engine.PhaseBuild, "echo built"))); err != nil || log.String() != "built\n" {
				t.Errorf("%v, log %q", err, log.String())
			}
		},
	})
}

// breaking replaces the first exec of an upload.
func breaking(first func(run Runner, ctx context.Context, argv []string, st exec.Streams) error) func(*Session) {
	return func(s *Session) {
		honest := s.run
		s.limits = uploadLimits{begin: 2 * time.Second, silence: 4 * time.Second}
		s.run = func(ctx context.Context, argv []string, st exec.Streams) error {
			if argv[2] == "receive" && argv[3] == "1" {
				return first(honest, ctx, argv, st)
			}
			return honest(ctx, argv, st)
		}
	}
}

func TestUploadRetry(t *testing.T) {
	lost := &exec.StreamError{Err: errors.New("connection lost")}
	type first = func(run Runner, ctx context.Context, argv []string, st exec.Streams) error
	for how, c := range map[string]struct {
		first first
		says  string
	}{
		"the exec never starts": {says: "did not begin", first: func(_ Runner, ctx context.Context, _ []string, _ exec.Streams) error {
			<-ctx.Done()
			return context.Cause(ctx)
		}},
		"the connection breaks": {says: "bytes sent", first: func(run Runner, ctx context.Context, argv []string, st exec.Streams) error {
			st.Stdin = io.LimitReader(st.Stdin, 70_000)
			_ = run(ctx, argv, st)
			return lost
		}},
		"the exec hangs": {says: "took nothing", first: func(run Runner, ctx context.Context, argv []string, st exec.Streams) error {
			remote, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
			st.Stdin = &endless{io.LimitReader(st.Stdin, 70_000), remote}
			go func() {
				defer cancel()
				_ = run(remote, argv, st)
			}()
			<-ctx.Done()
			return context.Cause(ctx)
		}},
		"the receiver is killed and the exec hangs": {says: "was killed", first: func(run Runner, ctx context.Context, argv []string, st exec.Streams) error {
			remote, kill := context.WithCancel(context.WithoutCancel(ctx))
			defer kill()
			// This is more than a pipe holds: once all of it is written, the pod is reading.
			st.Stdin = &endless{io.MultiReader(io.LimitReader(st.Stdin, 70_000), then(kill)), remote}
			_ = run(remote, argv, st)
			<-ctx.Done()
			return context.Cause(ctx)
		}},
		"the exec starts late": {says: "did not begin", first: func(run Runner, ctx context.Context, argv []string, st exec.Streams) error {
			<-ctx.Done()
			st.Stdin = strings.NewReader("")
			_ = run(context.WithoutCancel(ctx), argv, st)
			return context.Cause(ctx)
		}},
	} {
		t.Run(how, func(t *testing.T) {
			eachReceiver(t, func(t *testing.T, shell []string) {
				p := startPod(t, shell)
				var log bytes.Buffer
				broken := ""
				s, ctx := p.session(&log, breaking(c.first), func(s *Session) {
					s.handlers.UploadBroken = func(_ context.Context, err error) error { broken += err.Error(); return nil }
				})
				files := map[string]string{"a": noise(100_000), "b": "content"}
				list := sh(engine.PhaseBuild, "cd "+p.path("workspace/context")+" && ls && cat b")
				if _, err := build(t, ctx, s, p.job(files, list)); err != nil || log.String() != "a\nb\ncontent" {
					t.Errorf("%v, log %q", err, log.String())
				}
				if !strings.Contains(broken, c.says) {
					t.Errorf("the upload broke with %q, want %q", broken, c.says)
				}
				if got, _ := os.ReadFile(p.path("workspace/context/a")); string(got) != files["a"] {
					t.Errorf("%d bytes arrived, which differ from those sent", len(got))
				}
			})
		})
	}
}

func TestUploadOnce(t *testing.T) {
	t.Run("the payload is read once", func(t *testing.T) {
		p := startPod(t, shells["busybox"])
		var log bytes.Buffer
		s, ctx := p.session(&log, breaking(func(_ Runner, ctx context.Context, _ []string, _ exec.Streams) error {
			<-ctx.Done()
			return context.Cause(ctx)
		}))
		writes := 0
		job := p.job(nil, sh(engine.PhaseBuild, "echo built"))
		once := Payload{Once: true, Write: func(w *tar.Writer) error {
			writes++
			return job.Write(w)
		}}
		if err := s.Upload(ctx, once, ignoreProgress); err != nil || writes != 1 {
			t.Errorf("%v after %d writes", err, writes)
		}
	})
	t.Run("a broken one is an error", func(t *testing.T) {
		p := startPod(t, shells["busybox"])
		var log bytes.Buffer
		s, ctx := p.session(&log, breaking(func(run Runner, ctx context.Context, argv []string, st exec.Streams) error {
			st.Stdin = io.LimitReader(st.Stdin, 70_000)
			return run(ctx, argv, st)
		}))
		job := p.job(map[string]string{"a": noise(100_000)}, sh(engine.PhaseBuild, "echo built"))
		job.Once = true
		var broken *UploadError
		if err := s.Upload(ctx, job, ignoreProgress); !errors.As(err, &broken) {
			t.Errorf("%v, want an *UploadError", err)
		}
	})
}
