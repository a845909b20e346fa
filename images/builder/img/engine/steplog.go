package engine

import (
	"bytes"
	"context"
	"io"
	"strings"
	"sync"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/executor"
	resourcestypes "github.com/moby/buildkit/executor/resources/types"
	"github.com/moby/buildkit/identity"
)

const (
	// maxPiece is the size in bytes up to which output that nobody has read yet is joined.
	maxPiece = 64 << 10
	// maxUnread is the size in bytes of unread output at which a step waits for the reader.
	maxUnread = 1 << 20
)

// StepLog holds what steps print until it is read. BuildKit keeps its progress in memory until the build ends, so what goes through it is
// the name of a piece, and Fill puts the piece in its place.
type StepLog struct {
	mu     sync.Mutex
	read   *sync.Cond
	prefix string // a step can't guess it, so that its output is never taken for a name
	pieces map[string][]byte
	unread int
}

// NewStepLog returns an empty log.
func NewStepLog() *StepLog {
	l := &StepLog{prefix: identity.NewID() + ".", pieces: map[string][]byte{}}
	l.read = sync.NewCond(&l.mu)
	return l
}

// Fill replaces names by what the steps printed.
func (l *StepLog) Fill(status *client.SolveStatus) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, entry := range status.Logs {
		name := string(entry.Data)
		if strings.HasPrefix(name, l.prefix) {
			entry.Data = l.pieces[name] // nothing, if BuildKit repeats itself
			delete(l.pieces, name)
			l.unread -= len(entry.Data)
		}
	}
	l.read.Broadcast()
}

// stepStream is one output stream of one step. names leads into BuildKit's progress.
type stepStream struct {
	log   *StepLog
	names io.WriteCloser
	mine  string  // name of this stream's latest piece
	last  *string // name of the step's latest piece
}

// Write keeps text, and tells BuildKit about it unless the piece before waits for its reader, and joins them then.
func (s *stepStream) Write(text []byte) (int, error) {
	l := s.log
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.unread >= maxUnread {
		l.read.Wait()
	}
	l.unread += len(text)
	if piece, ok := l.pieces[s.mine]; ok && s.mine == *s.last && len(piece)+len(text) <= maxPiece {
		l.pieces[s.mine] = append(piece, text...)
		return len(text), nil
	}
	s.mine = l.prefix + identity.NewID()
	*s.last = s.mine
	l.pieces[s.mine] = bytes.Clone(text)
	_, err := io.WriteString(s.names, s.mine)
	return len(text), err
}

// Close ends the stream. What it holds can still be read.
func (s *stepStream) Close() error { return s.names.Close() }

// loggedExecutor gives a step's output to a StepLog.
type loggedExecutor struct {
	executor.Executor
	log *StepLog
}

// Run recognizes a step by what it lacks: a frontend has an input, and its containers have names. Their output is not for people.
func (e loggedExecutor) Run(
	ctx context.Context, id string, root executor.Mount, mounts []executor.Mount, process executor.ProcessInfo, started chan<- struct{},
) (resourcestypes.Recorder, error) {
	if id == "" && process.Stdin == nil {
		last := new(string)
		process.Stdout = &stepStream{log: e.log, names: process.Stdout, last: last}
		process.Stderr = &stepStream{log: e.log, names: process.Stderr, last: last}
	}
	return e.Executor.Run(ctx, id, root, mounts, process, started)
}
