package session

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kubectl-img/kubectl-img/exec"
)

func TestFetch(t *testing.T) {
	runInShells(t, shellTests{
		"the file is whole, or there is an error": func(t *testing.T, shell []string) {
			p := startPod(t, shell)
			var log, got bytes.Buffer
			s, ctx := p.session(&log)
			content := strings.Repeat("0123456789", 300_000)
			p.write("workspace/output", content)
			if err := s.Fetch(ctx, p.path("workspace/output"), 1<<30, &got); err != nil || got.String() != content {
				t.Errorf("fetched %d bytes, %v", got.Len(), err)
			}
			honest, calls := s.run, 0
			s.run = func(ctx context.Context, argv []string, st exec.Streams) error {
				if calls++; argv[2] == "send" && calls < 5 {
					st.Stdout = &cutter{st.Stdout, calls * 100_000}
					return errors.Join(stopped(ctx, honest, argv, st), &exec.StreamError{Err: errors.New("cut")})
				}
				return honest(ctx, argv, st)
			}
			got.Reset()
			if err := s.Fetch(ctx, p.path("workspace/output"), int64(len(content)), &got); err != nil || got.String() != content || calls != 5 {
				t.Errorf("over %d connections that broke: fetched %d bytes, %v", calls, got.Len(), err)
			}
			got.Reset()
			s.run = honest
			if err := s.Fetch(ctx, p.path("workspace/output"), int64(len(content)-1), &got); !errors.As(err, new(*SizeError)) || got.Len() > len(content)-1 {
				t.Errorf("more than the limit: fetched %d bytes, %v", got.Len(), err)
			}
			got.Reset()
			s.grace = 0
			s.run = func(ctx context.Context, argv []string, st exec.Streams) error {
				st.Stdout = &cutter{st.Stdout, 1000}
				return stopped(ctx, honest, argv, st)
			}
			if err := s.Fetch(ctx, p.path("workspace/output"), 1<<30, &got); err == nil {
				t.Error("a cut stream was taken for the whole file")
			}
		},
	})
}

// The pod computes the checksum once, however often the connection breaks.
func TestFetchChecksumOnce(t *testing.T) {
	eachShell(t, func(t *testing.T, shell []string) {
		p := startPodWith(t, shell, func(p *pod) {
			p.write("bin/openssl", "#!/bin/sh\necho x >>"+p.path("sums")+"\nexec sha256sum\n")
			if err := os.Chmod(p.path("bin/openssl"), 0o700); err != nil {
				t.Fatal(err)
			}
		})
		var log bytes.Buffer
		s, ctx := p.session(&log)
		var sends atomic.Int32 // the log is followed at the same time
		honest := s.run
		s.run = func(ctx context.Context, argv []string, st exec.Streams) error {
			if argv[2] == "send" && sends.Add(1)%3 != 0 {
				st.Stdout = &cutter{st.Stdout, 1000}
				return errors.Join(stopped(ctx, honest, argv, st), &exec.StreamError{Err: errors.New("cut")})
			}
			return honest(ctx, argv, st)
		}
		var got bytes.Buffer
		content := strings.Repeat("0", 5000)
		p.write("workspace/output", content)
		if err := s.Fetch(ctx, p.path("workspace/output"), 1<<30, &got); err != nil || got.String() != content || sends.Load() < 3 {
			t.Errorf("over %d connections: fetched %d bytes, %v", sends.Load(), got.Len(), err)
		}
		if sums := strings.Count(p.read("sums"), "x"); sums != 1 {
			t.Errorf("%d checksums", sums)
		}
	})
}

// A pod that has no such file says so at once.
func TestFetchOfNothing(t *testing.T) {
	eachShell(t, func(t *testing.T, shell []string) {
		p := startPod(t, shell)
		var log, got bytes.Buffer
		s, ctx := p.session(&log)
		start := time.Now()
		if err := s.Fetch(ctx, p.path("workspace/none"), 1<<30, &got); !errors.Is(err, fs.ErrNotExist) || time.Since(start) > 15*time.Second {
			t.Errorf("%v after %s", err, time.Since(start))
		}
	})
}

// stopped stops run after a second.
func stopped(ctx context.Context, run Runner, argv []string, st exec.Streams) error {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	return run(ctx, argv, st)
}

// sender sends a file as the supervisor does. Each test changes something.
type sender struct {
	content  string
	announce int64         // 0 for the real size
	endless  bool          // the marker has no end
	marker   bool          // the marker comes
	silent   time.Duration // before the content
	alive    bool          // with signs of life
	breaks   time.Duration // the first connection breaks then; 0 for never
	hangs    bool          // the first connection hangs
	calls    int
	failures int   // this many connections break at once, after the first one if that breaks or hangs
	err      error // of all later ones
}

func (f *sender) run(ctx context.Context, argv []string, st exec.Streams) error {
	f.calls++
	first := f.calls == 1 && (f.hangs || f.breaks > 0)
	if !first && f.calls <= f.failures {
		return &exec.StreamError{Err: errors.New("cut")}
	}
	if first && f.hangs {
		<-ctx.Done()
		return context.Cause(ctx)
	}
	offset, err := strconv.Atoi(argv[4])
	if err != nil {
		return err
	}
	for start := time.Now(); time.Since(start) < f.silent; {
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		if f.alive {
			_, _ = fmt.Fprintln(st.Stderr, "alive")
		}
		if first && time.Since(start) >= f.breaks {
			return &exec.StreamError{Err: errors.New("cut")}
		}
	}
	size := f.announce
	if size == 0 {
		size = int64(len(f.content))
	}
	for f.endless && ctx.Err() == nil {
		_, _ = fmt.Fprint(st.Stderr, strings.Repeat("end ", 1000))
	}
	if f.marker {
		_, _ = fmt.Fprintf(st.Stderr, "end %d %x\n", size, sha256.Sum256([]byte(f.content)))
	}
	_, _ = fmt.Fprint(st.Stdout, f.content[offset:])
	if f.err != nil {
		return f.err
	}
	<-ctx.Done()
	return context.Cause(ctx)
}

// A pod that something has taken over, or that is out of reach, ends a fetch with an error, in bounded time and memory.
func TestFetchEnds(t *testing.T) {
	for name, c := range map[string]struct {
		sender
		want   string // part of the error; empty for success
		within time.Duration
	}{
		"the network comes back":          {sender: sender{content: "0123", marker: true, failures: 20}, within: time.Minute},
		"the network does not come back":  {sender: sender{failures: 1 << 30}, want: "cut", within: 70 * time.Second},
		"a large file takes its time":     {sender: sender{content: "0123", marker: true, silent: 5 * time.Minute, alive: true}, within: 6 * time.Minute},
		"a connection breaks, late":       {sender: sender{content: "0123", marker: true, silent: 5 * time.Minute, alive: true, breaks: 4 * time.Minute, failures: 20}, within: 10 * time.Minute},
		"it breaks late, for good":        {sender: sender{silent: 5 * time.Minute, alive: true, breaks: 4 * time.Minute, failures: 1 << 30}, want: "cut", within: 6 * time.Minute},
		"a connection hangs":              {sender: sender{content: "0123", marker: true, hangs: true}, within: 40 * time.Second},
		"the pod never ends the sum":      {sender: sender{silent: time.Hour, alive: true}, want: "the pod sends nothing", within: 21 * time.Minute},
		"it breaks often, and never ends": {sender: sender{silent: time.Hour, alive: true, breaks: 1}, want: "the pod sends nothing", within: 21 * time.Minute},
		"the pod says nothing":            {sender: sender{content: "0123", marker: true, silent: time.Hour}, want: "the pod sends nothing", within: 3 * time.Minute},
		"the content stops":               {sender: sender{content: "0123", marker: true, announce: 9}, want: "the pod sends nothing", within: 5 * time.Minute},
		"no marker comes":                 {sender: sender{content: "0123"}, want: "the pod sends nothing", within: 12 * time.Minute},
		"too large, by its marker":        {sender: sender{content: "0123", marker: true, announce: 101}, want: "it has more than 100 bytes"},
		"too large, without a marker":     {sender: sender{content: strings.Repeat("0", 101)}, want: "it has more than 100 bytes"},
		"a marker without an end":         {sender: sender{content: "0123", endless: true}, want: "the pod does not say how long it is"},
		"another content":                 {sender: sender{content: "0123", marker: true, announce: 3}, want: "arrived instead of 3"},
		"a negative size":                 {sender: sender{content: "0123", marker: true, announce: -1}, want: "arrived instead of -1"},
		"the pod has no such file":        {sender: sender{err: &exec.ExitError{Code: 1}}, want: "exit status 1"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var got bytes.Buffer
				start := time.Now()
				err := New(c.run, time.Minute, Handlers{}).Fetch(t.Context(), "/output", 100, &got)
				if took := time.Since(start); took > c.within {
					t.Errorf("took %s", took)
				}
				switch {
				case c.want == "" && (err != nil || got.String() != c.content):
					t.Errorf("fetched %q, %v", got.String(), err)
				case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
					t.Errorf("%v, want %q", err, c.want)
				}
				if got.Len() > 100 {
					t.Errorf("%d bytes were written", got.Len())
				}
			})
		})
	}
}

// An event without an end does not fill the client's memory.
func TestEventWithoutEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		s := New(func(ctx context.Context, _ []string, st exec.Streams) error {
			for range 100 {
				_, _ = fmt.Fprint(st.Stderr, strings.Repeat("x", 1000))
			}
			<-ctx.Done()
			return context.Cause(ctx)
		}, time.Minute, Handlers{})
		done := make(chan struct{})
		go func() { s.Follow(ctx, &bytes.Buffer{}); close(done) }()
		if outcome := <-s.Result(); !errors.Is(outcome.Err, errLongEvent) {
			t.Errorf("%v", outcome.Err)
		}
		cancel()
		<-done
	})
}
