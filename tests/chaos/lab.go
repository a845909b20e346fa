package main

import (
	"context"
	"io"
	"path/filepath"
	"sync"

	"github.com/kubectl-img/kubectl-img/tests/cluster/fixture"
)

// lab is what all runs share.
type lab struct {
	*fixture.Fixture
	clockPlugin func() (string, error) // the path of a plugin whose clock can be wrong: see clock.go
	full        string                 // host:port of a registry on a full disk
	closers     []func()
}

func newLab(ctx context.Context, plugin string, log io.Writer) (*lab, error) {
	f, err := fixture.New(ctx, "chaos", log)
	if err != nil {
		return nil, err
	}
	l := &lab{Fixture: f}
	l.clockPlugin = sync.OnceValues(func() (string, error) { return l.compileClock(ctx) })
	if plugin == "" {
		err = l.Compile(ctx, "-race")
	} else {
		l.Plugin, err = filepath.Abs(plugin)
	}
	if err == nil {
		err = l.fill(ctx)
	}
	if err != nil {
		l.shutDown()
		return nil, err
	}
	return l, nil
}

func (l *lab) onClose(f func()) { l.closers = append(l.closers, f) }

// shutDown removes everything except the reports of runs with violations, which have directories of their own.
func (l *lab) shutDown() {
	for _, f := range l.closers {
		f()
	}
	_ = l.Close()
}
