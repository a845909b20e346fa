package session

import (
	"context"
	"io"
	"testing"
	"time"

	"github.com/kubectl-img/kubectl-img/exec"
)

// stoppedPager takes nothing until it is opened.
type stoppedPager chan struct{}

func (p stoppedPager) Write(b []byte) (int, error) {
	<-p
	return len(b), nil
}

// Ctrl-C ends Watch although the log's reader has stopped.
func TestWatchEndsWithStoppedReader(t *testing.T) {
	pager := make(stoppedPager)
	s := New(func(ctx context.Context, _ []string, st exec.Streams) error {
		go func() { _, _ = io.WriteString(st.Stdout, "a line\n") }() // as in an exec
		<-ctx.Done()
		return context.Cause(ctx)
	}, time.Minute, Handlers{})
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	ended := make(chan struct{})
	go func() {
		s.Watch(ctx, pager)
		close(ended)
	}()
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Error("it goes on")
	}
	close(pager)
	<-ended
}
