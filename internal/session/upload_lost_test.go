package session

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kubectl-img/kubectl-img/exec"
	"github.com/kubectl-img/kubectl-img/internal/engine"
)

// outage breaks both connections after the client has sent the first upload. The log can be followed again once the second upload has begun.
type outage struct {
	broken, unheard, over chan struct{}
	takes                 bool // the pod gets the whole first upload
	busy                  bool // the pod has not verified it when the second one arrives
	pod                   sync.WaitGroup
}

func newOutage(takes bool) *outage {
	return &outage{broken: make(chan struct{}), unheard: make(chan struct{}), over: make(chan struct{}), takes: takes}
}

func (o *outage) happen(s *Session) {
	honest := s.run
	s.limits = uploadLimits{begin: 5 * time.Second, silence: 2 * time.Second}
	s.run = func(ctx context.Context, argv []string, st exec.Streams) error {
		switch {
		case argv[2] == "receive" && argv[3] == "1":
			return o.receive(ctx, honest, argv, st)
		case argv[2] == "receive":
			if !closed(o.over) {
				close(o.over)
			}
		case argv[2] == "follow" && !closed(o.broken):
			return o.follow(ctx, honest, argv, st)
		case argv[2] == "follow" && !closed(o.over):
			return errOutage
		}
		return honest(ctx, argv, st)
	}
}

var errOutage = &exec.StreamError{Err: errors.New("no route to the pod")}

// receive gives the rest of the upload to the pod only when nobody hears it any more.
func (o *outage) receive(ctx context.Context, honest Runner, argv []string, st exec.Streams) error {
	r, w := io.Pipe()
	go func() {
		_, _ = io.CopyN(w, st.Stdin, 50_000)
		rest, _ := io.ReadAll(st.Stdin)
		close(o.broken)
		<-o.unheard
		if o.takes {
			_, _ = w.Write(rest)
		}
		_ = w.Close()
	}()
	o.pod.Go(func() {
		_ = honest(context.WithoutCancel(ctx), argv, exec.Streams{Stdin: r, Stdout: st.Stdout, Stderr: st.Stderr})
	})
	if o.busy {
		<-o.unheard
	} else {
		o.pod.Wait()
	}
	return errOutage
}

func (o *outage) follow(ctx context.Context, honest Runner, argv []string, st exec.Streams) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		select {
		case <-o.broken:
			cancel(errOutage)
		case <-ctx.Done():
		}
	}()
	err := honest(ctx, argv, st)
	if closed(o.broken) {
		close(o.unheard)
	}
	return err
}

// The pod has accepted an upload, and the client lost the connection before it heard that. The next try must hear it, and must neither wait for a word that
// the pod has no reason to send, nor read a payload again that can be read once.
func TestUploadThatWasTakenUnheard(t *testing.T) {
	for name, payload := range map[string]Payload{
		"held": {AfterCheck: true}, "once": {Once: true}, "held and once": {Once: true, AfterCheck: true}, "neither": {},
	} {
		t.Run(name, func(t *testing.T) {
			eachReceiver(t, func(t *testing.T, shell []string) {
				p := startPod(t, shell)
				var log bytes.Buffer
				o := newOutage(true)
				s, ctx := p.session(&log, o.happen)
				payload, writes, job := payload, 0, p.job(map[string]string{"a": noise(100_000)}, sh(engine.PhaseBuild, "echo built"))
				payload.Write = func(w *tar.Writer) error {
					writes++
					return job.Write(w)
				}
				if _, err := build(t, ctx, s, payload); err != nil || log.String() != "built\n" {
					t.Errorf("%v, log %q", err, log.String())
				}
				if !closed(o.over) {
					t.Error("there was no second try")
				}
				if payload.Once && writes != 1 {
					t.Errorf("%d writes", writes)
				}
			})
		})
	}
}

// If the pod has not taken a payload that can be read once, the upload ends with the error of the try that has read it.
func TestUploadOnceThatWasLost(t *testing.T) {
	eachReceiver(t, func(t *testing.T, shell []string) {
		p := startPod(t, shell)
		var log bytes.Buffer
		o := newOutage(false)
		s, ctx := p.session(&log, o.happen)
		job := p.job(map[string]string{"a": noise(100_000)}, sh(engine.PhaseBuild, "echo built"))
		job.Once = true
		start := time.Now()
		var broken *UploadError
		if err := s.Upload(ctx, job, ignoreProgress); !errors.As(err, &broken) || broken.Sent < 100_000 {
			t.Errorf("%v, want the *UploadError of the first try", err)
		}
		if took := time.Since(start); took > soon {
			t.Errorf("took %s", took)
		}
		if log.String() != "" {
			t.Errorf("built: %q, %s", log.String(), p.read("run/events"))
		}
	})
}

// The pod has the whole first upload, and has not verified it when the client asks. What it has must not be lost.
func TestUploadThatIsVerifiedSlowly(t *testing.T) {
	for name, c := range map[string]struct {
		once bool
		size int // more than a pipe holds leaves the end marker unread
	}{
		"once, the end marker was read":     {true, 1000},
		"once, the end marker was not read": {true, 200_000},
		"the end marker was read":           {false, 1000},
	} {
		t.Run(name, func(t *testing.T) {
			eachShell(t, func(t *testing.T, shell []string) {
				p := startPodWith(t, shell, func(p *pod) { p.unpackAfter("14") })
				var log bytes.Buffer
				o := newOutage(true)
				o.busy = true
				s, ctx := p.session(&log, o.happen, func(s *Session) { s.limits.silence = 5 * time.Second }) // the pod says every 2 s that it waits, if it has a processor
				t.Cleanup(o.pod.Wait)
				job := p.job(map[string]string{"a": noise(c.size)}, sh(engine.PhaseBuild, "echo built"))
				job.Once = c.once
				if _, err := build(t, ctx, s, job); err != nil || log.String() != "built\n" {
					t.Errorf("%v, log %q", err, log.String())
				}
				if events := p.read("run/events"); !strings.Contains(events, "waiting 2\n") || strings.Contains(events, "receiving 2\n") {
					t.Errorf("events %q", events)
				}
			})
		})
	}
}

// unpackAfter delays the extraction of an upload. The delay is in seconds.
func (p *pod) unpackAfter(delay string) {
	p.write("supervisor", strings.ReplaceAll(p.read("supervisor"), "/usr/bin/tee", p.path("bin/tee")))
	p.write("bin/tee", "#!/bin/sh\n[ -e "+p.path("run/received")+" ] || sleep "+delay+"\nexec /usr/bin/tee \"$@\"\n")
	if err := os.Chmod(p.path("bin/tee"), 0o700); err != nil {
		p.t.Fatal(err)
	}
}

// A payload that fails has cut the stream off: the pod's complaint of that must not hide the reason, whichever is heard first.
func TestUploadPayloadErrorFirst(t *testing.T) {
	own := errors.New("read archive: unexpected EOF")
	for range 50 { // select picks at random
		s := New(nil, time.Minute, Handlers{})
		try := &uploadTry{Session: s, n: 1, begun: make(chan struct{}), out: &progressWriter{}}
		written := make(chan error, 1)
		written <- own
		s.uploadEvents <- uploadEvent{name: uploadNotAccepted, try: 1, reason: "tar: short read"}
		if err := try.wait(t.Context(), nil, written); !errors.Is(err, own) {
			t.Fatalf("%v", err)
		}
	}
}
