package progress

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// gated is a terminal that takes nothing until it is opened.
type gated struct {
	open chan struct{}
	text bytes.Buffer
}

func (g *gated) Write(p []byte) (int, error) {
	<-g.open
	return g.text.Write(p)
}

func TestScreen(t *testing.T) {
	t.Parallel()
	t.Run("a reader that reads gets each write before it returns", screenOfAReader)
	t.Run("a stopped reader holds up one write for a moment", screenOfAStoppedReader)
	t.Run("writes wait where too much is held", screenThatIsFull)
	t.Run("the result follows the log", screenBeforeTheResult)
	t.Run("a panic reaches the caller", screenThatPanics)
}

func screenOfAReader(t *testing.T) {
	var out bytes.Buffer
	s := NewScreen(&out)
	for i := range 100 {
		if _, err := fmt.Fprintln(s, i); err != nil || !strings.HasSuffix(out.String(), fmt.Sprintln(i)) {
			t.Fatalf("%q, %v", out.String(), err)
		}
	}
}

func screenOfAStoppedReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gated{open: make(chan struct{})}
		s, start := NewScreen(g), time.Now()
		for i := range 100 {
			_, _ = fmt.Fprintln(s, i)
		}
		if took := time.Since(start); took > patience {
			t.Errorf("writes took %s", took)
		}
		if got := s.Backlog(); got != 290 {
			t.Errorf("backlog %d", got)
		}
		close(g.open)
		s.Flush()
		if got := strings.Count(g.text.String(), "\n"); got != 100 || s.Backlog() != 0 || !strings.HasPrefix(g.text.String(), "0\n1\n") {
			t.Errorf("%d lines, backlog %d", got, s.Backlog())
		}
		g.open = make(chan struct{})
		time.AfterFunc(patience/2, func() { close(g.open) })
		if _, _ = io.WriteString(s, "again"); !strings.HasSuffix(g.text.String(), "again") {
			t.Error("a write did not wait, although the reader reads again")
		}
	})
}

func screenThatIsFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gated{open: make(chan struct{})}
		s, start := NewScreen(g), time.Now()
		time.AfterFunc(time.Hour, func() { close(g.open) })
		for range 9 {
			_, _ = s.Write(make([]byte, 1<<20))
		}
		if took := time.Since(start); took != time.Hour || g.text.Len() != 9<<20 {
			t.Errorf("%d bytes after %s", g.text.Len(), took)
		}
	})
}

// screenBeforeTheResult has one pipe for both.
func screenBeforeTheResult(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gated{open: make(chan struct{})}
		s := NewScreen(g)
		result := s.Before(&g.text)
		_, _ = io.WriteString(s, "log\n")
		_, _ = io.WriteString(s, "end\n")
		time.AfterFunc(time.Minute, func() { close(g.open) })
		if _, err := io.WriteString(result, "digest\n"); err != nil || g.text.String() != "log\nend\ndigest\n" {
			t.Errorf("%q, %v", g.text.String(), err)
		}
	})
}

type panicking struct{}

func (panicking) Write([]byte) (int, error) { panic("broken") }

func screenThatPanics(t *testing.T) {
	defer func() {
		if recover() != "broken" {
			t.Error("no panic")
		}
	}()
	_, _ = NewScreen(panicking{}).Write([]byte("x"))
}
