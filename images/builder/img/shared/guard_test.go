package shared

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"
)

// guarded returns a guard of a file.
func guarded(t *testing.T) (*Guard, string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "hosts")
	if err := os.WriteFile(file, []byte("right"), 0o644); err != nil {
		t.Fatal(err)
	}
	g, err := newGuard([]string{file, filepath.Join(t.TempDir(), "missing")})
	if err != nil {
		t.Fatal(err)
	}
	return g, file
}

func content(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestRestore has a step change the file, with the same size and time.
func TestRestore(t *testing.T) {
	g, file := guarded(t)
	idle := 0
	done, err := g.Step(t.Context(), func() error { idle++; return nil })
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.WriteFile(file, []byte("wrong"), 0o644), os.Chtimes(file, info.ModTime(), info.ModTime())); err != nil {
		t.Fatal(err)
	}
	if g.intact() {
		t.Error("a change is not noticed")
	}
	if err := done(); err != nil || content(t, file) != "right" || idle != 1 || !g.intact() {
		t.Errorf("%v, %q, idle %d", err, content(t, file), idle)
	}
}

// TestDial connects while a step runs, and waits for its end if the step has changed the file.
func TestDial(t *testing.T) {
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	g, file := guarded(t)
	done, err := g.Step(t.Context(), func() error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	c, err := g.Dial(t.Context(), "tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	_ = c.Close()
	if err := os.WriteFile(file, []byte("wrong"), 0o644); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := g.Dial(ctx, "tcp", listener.Addr().String()); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a changed file is used: %v", err)
	}
	var ended atomic.Bool
	time.AfterFunc(100*time.Millisecond, func() {
		ended.Store(true)
		_ = done()
	})
	c, err = g.Dial(t.Context(), "tcp", listener.Addr().String())
	if err != nil || !ended.Load() || content(t, file) != "right" {
		t.Errorf("%v, ended %v, %q", err, ended.Load(), content(t, file))
	}
	_ = c.Close()
}

// TestAlone keeps new steps out while somebody waits to be alone.
func TestAlone(t *testing.T) {
	g, _ := guarded(t)
	first, err := g.Step(t.Context(), func() error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	order := make(chan string, 2)
	go func() { _ = g.Alone(t.Context(), func() error { order <- "alone"; return nil }) }()
	for g.waiting() == 0 {
		<-time.After(time.Millisecond)
	}
	go func() {
		done, err := g.Step(t.Context(), func() error { return nil })
		if err == nil {
			order <- "step"
			_ = done()
		}
	}()
	<-time.After(20 * time.Millisecond)
	if err := first(); err != nil {
		t.Fatal(err)
	}
	if a, b := <-order, <-order; a != "alone" || b != "step" {
		t.Errorf("%s before %s", a, b)
	}
}

func (g *Guard) waiting() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.alone
}
