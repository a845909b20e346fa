package build

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A pod that is ready does not wait long for a registry that does not answer.
func TestLoginPushCheckHasATimeLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gaveUp := false
		l := &loginState{chosen: make(chan struct{}), checked: make(chan struct{}), giveUp: func() { gaveUp = true }}
		close(l.chosen)
		start := time.Now()
		if err := l.wait(t.Context()); err != nil {
			t.Error(err)
		}
		if waited := time.Since(start); waited != pushCheckGrace || !gaveUp {
			t.Errorf("waited %s, gave up %v", waited, gaveUp)
		}
	})
}

func TestLoginEnds(t *testing.T) {
	failed, stopped := errors.New("no such helper"), errors.New("stopped")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(stopped)
	undecided := &loginState{chosen: make(chan struct{}), checked: make(chan struct{}), giveUp: func() {}}
	if err := undecided.wait(ctx); !errors.Is(err, stopped) {
		t.Errorf("unchosen: %v", err)
	}
	broken := &loginState{chosen: make(chan struct{}), checked: make(chan struct{}), giveUp: func() {}, err: failed}
	close(broken.chosen)
	close(broken.checked)
	if err := broken.wait(t.Context()); !errors.Is(err, failed) {
		t.Errorf("broken: %v", err)
	}
	refused, refuse := context.WithCancelCause(t.Context())
	refuse(&loginError{failed})
	if err := loginCause(refused); !errors.Is(err, failed) {
		t.Errorf("refused: %v", err)
	}
	if err := loginCause(ctx); err != nil {
		t.Errorf("stopped otherwise: %v", err)
	}
}

func TestCacheReferences(t *testing.T) {
	got := cacheReferences([]string{"type=registry,ref=a.example/c:1,mode=max", "type=inline", "type=registry,ref=b.example/d"})
	if want := []string{"a.example/c:1", "b.example/d"}; !cmp.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestContextImages(t *testing.T) {
	got := contextImages([]string{"a=docker-image://a.example/b:1", "b=/workspace/contexts/0", "c=docker-image://scratch", "d=https://example.com/=x.git"})
	if want := []string{"a.example/b:1"}; !cmp.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
