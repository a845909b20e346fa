package main

import (
	"context"
	"fmt"
	"io"
	"regexp"
	"sync"
)

// options are the flags of the command line.
type options struct {
	runs     int
	seed     uint64
	parallel int
	only     *regexp.Regexp
	plugin   string
	profile  string
}

// runAll does runs side by side, then those that need the cluster for themselves.
func (l *lab) runAll(ctx context.Context, o options, log io.Writer) []report {
	var side, alone []plan
	for seed := o.seed; len(side)+len(alone) < o.runs; seed++ {
		switch p := newPlan(seed, l.profile); {
		case !o.only.MatchString(p.kind):
			if seed > o.seed+1_000_000 {
				return nil // nothing matches
			}
		case p.alone:
			alone = append(alone, p)
		default:
			side = append(side, p)
		}
	}
	c := &collector{log: log, total: o.runs}
	l.inParallel(ctx, side, o.parallel, c)
	l.inParallel(ctx, alone, 1, c)
	return c.reports
}

func (l *lab) inParallel(ctx context.Context, plans []plan, parallel int, c *collector) {
	queue := make(chan plan)
	var all sync.WaitGroup
	for range parallel {
		all.Go(func() {
			for p := range queue {
				if r := l.do(ctx, p); ctx.Err() == nil { // an interrupted run proves nothing
					c.add(r)
				}
			}
		})
	}
	for _, p := range plans {
		if ctx.Err() == nil {
			queue <- p
		}
	}
	close(queue)
	all.Wait()
}

// collector prints a line for each run that ends.
type collector struct {
	mu      sync.Mutex
	log     io.Writer
	total   int
	reports []report
}

func (c *collector) add(r report) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reports = append(c.reports, r)
	fmt.Fprintf(c.log, "%d/%d %s\n", len(c.reports), c.total, r)
}
