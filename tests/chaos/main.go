package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"sync"
	"syscall"

	"github.com/rs/zerolog"

	"github.com/kubectl-img/kubectl-img/tests/cluster/fixture"
	"github.com/kubectl-img/kubectl-img/tests/cluster/program"
)

var errViolated = errors.New("a guarantee was violated")

func main() {
	zerolog.SetGlobalLevel(zerolog.Disabled) // some toxics use the global logger
	// Clients would inherit that a signal is ignored, as nohup does it for SIGHUP.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP)
	program.Main(chaos)
}

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("chaos", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.IntVar(&o.runs, "runs", 50, "how many builds to disturb")
	flags.Uint64Var(&o.seed, "seed", 1, "of the first run; each further run has the next")
	flags.IntVar(&o.parallel, "parallel", 4, "how many runs at once, except those that need the cluster for themselves")
	only := flags.String("only", "", "regular expression of the kinds of faults; seeds of other kinds are skipped")
	flags.StringVar(&o.plugin, "plugin", "", "the binary to test (default: compiled from this tree)")
	flags.StringVar(&o.profile, "profile", "unconfined", "of the builds")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	var err error
	if o.only, err = regexp.Compile(*only); err != nil {
		return o, fmt.Errorf("-only: %w", err)
	}
	if o.runs < 1 || o.parallel < 1 {
		return o, errors.New("-runs, -parallel: want at least 1")
	}
	return o, nil
}

func chaos(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parse(args, stderr)
	if err != nil {
		return err
	}
	l, err := newLab(ctx, o.plugin, o.profile, stderr)
	if err != nil {
		return err
	}
	defer l.shutDown()
	reports := l.runAll(ctx, o, stderr)
	fmt.Fprint(stdout, table(reports, o.profile))
	if violated(reports) {
		return errViolated
	}
	return ctx.Err()
}

func newLab(ctx context.Context, plugin, profile string, log io.Writer) (*lab, error) {
	f, err := fixture.New(ctx, "chaos", log)
	if err != nil {
		return nil, err
	}
	l := &lab{Fixture: f, profile: profile}
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
