package engine

import (
	"bytes"
	"context"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/executor"
	resourcestypes "github.com/moby/buildkit/executor/resources/types"
)

// progressOf stands for BuildKit's progress. It records what a stream writes to it.
type progressOf struct {
	mu      sync.Mutex
	entries []string
}

func (p *progressOf) Write(data []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.entries = append(p.entries, string(data))
	return len(data), nil
}

func (p *progressOf) Close() error { return nil }

// read empties the log as a display does.
func (p *progressOf) read(log *StepLog) string {
	p.mu.Lock()
	entries := p.entries
	p.entries = nil
	p.mu.Unlock()
	status := &client.SolveStatus{}
	for _, entry := range entries {
		status.Logs = append(status.Logs, &client.VertexLog{Data: []byte(entry)})
	}
	log.Fill(status)
	text := ""
	for _, entry := range status.Logs {
		text += string(entry.Data)
	}
	return text
}

// printer runs a process that calls print with its streams.
type printer struct {
	executor.Executor
	print func(stdout, stderr io.Writer)
}

func (p printer) Run(_ context.Context, _ string, _ executor.Mount, _ []executor.Mount, process executor.ProcessInfo, _ chan<- struct{}) (resourcestypes.Recorder, error) {
	p.print(process.Stdout, process.Stderr)
	return nil, nil //nolint:nilnil // nothing is recorded
}

func run(t *testing.T, log *StepLog, id string, process executor.ProcessInfo, output func(stdout, stderr io.Writer)) {
	t.Helper()
	if _, err := (loggedExecutor{printer{print: output}, log}).Run(t.Context(), id, executor.Mount{}, nil, process, nil); err != nil {
		t.Fatal(err)
	}
}

func TestStepLogKeepsEveryByteInOrder(t *testing.T) {
	log, progress := NewStepLog(), &progressOf{}
	var want bytes.Buffer
	run(t, log, "", executor.ProcessInfo{Stdout: progress, Stderr: progress}, func(stdout, stderr io.Writer) {
		for i := range 1000 {
			to := stdout
			if i%7 == 0 {
				to = stderr
			}
			_, _ = io.MultiWriter(to, &want).Write(bytes.Repeat([]byte{byte('a' + i%26)}, i))
		}
	})
	if got := progress.read(log); got != want.String() {
		t.Errorf("%d bytes came back, want %d in the same order", len(got), want.Len())
	}
	if log.unread != 0 || len(log.pieces) != 0 {
		t.Errorf("%d bytes in %d pieces are kept after they were read", log.unread, len(log.pieces))
	}
}

func TestStepLogTellsBuildKitLittle(t *testing.T) {
	log, progress := NewStepLog(), &progressOf{}
	run(t, log, "", executor.ProcessInfo{Stdout: progress, Stderr: progress}, func(stdout, _ io.Writer) {
		for range maxUnread / 16 {
			_, _ = stdout.Write([]byte("fifteen letters\n"))
		}
	})
	told := 0
	for _, entry := range progress.entries {
		told += len(entry)
	}
	if told > 4<<10 {
		t.Errorf("BuildKit holds %d bytes for %d of output", told, maxUnread)
	}
}

func TestStepLogMakesTheStepWait(t *testing.T) {
	log, progress := NewStepLog(), &progressOf{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		run(t, log, "", executor.ProcessInfo{Stdout: progress, Stderr: progress}, func(stdout, _ io.Writer) {
			for range 3 * maxUnread / maxPiece {
				_, _ = stdout.Write(make([]byte, maxPiece))
			}
		})
	}()
	select {
	case <-done:
		t.Fatalf("the step printed %d bytes that nobody read", 3*maxUnread)
	case <-time.After(200 * time.Millisecond):
	}
	read := 0
	for read < 3*maxUnread {
		read += len(progress.read(log))
	}
	<-done
}

func TestStepLogTakesNoOutputForAName(t *testing.T) {
	log, progress := NewStepLog(), &progressOf{}
	run(t, log, "", executor.ProcessInfo{Stdout: progress, Stderr: progress}, func(stdout, _ io.Writer) {
		_, _ = io.WriteString(stdout, "first")
		_, _ = io.WriteString(stdout, progress.entries[0])
	})
	name := progress.entries[0]
	if got := progress.read(log); got != "first"+name {
		t.Errorf("got %q", got)
	}
}

func TestStepLogLeavesFrontendsAlone(t *testing.T) {
	for name, at := range map[string]struct {
		id    string
		stdin io.ReadCloser
	}{"a frontend": {stdin: io.NopCloser(strings.NewReader(""))}, "a frontend's container": {id: "x"}} {
		log, progress := NewStepLog(), &progressOf{}
		run(t, log, at.id, executor.ProcessInfo{Stdin: at.stdin, Stdout: progress, Stderr: progress}, func(stdout, _ io.Writer) {
			_, _ = io.WriteString(stdout, "bytes of a protocol")
		})
		if len(progress.entries) != 1 || progress.entries[0] != "bytes of a protocol" {
			t.Errorf("%s: %q", name, progress.entries)
		}
	}
}
