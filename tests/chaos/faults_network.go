package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"
)

// unreachable are words by which an error may say that the API server can't be reached.
var unreachable = []string{
	"connection", "connect to", "unable to connect", "refused", "unreachable", "was lost", "lost the", "reach", "timed out", "timeout",
	"no client for", "nothing heard", "api server",
}

// networkKinds are faults between client and API server. A build must survive those that are shorter than the grace period.
func networkKinds() []kind {
	return []kind{
		{"network cut", 3, shortCut},
		{"network blip", 3, blip},
		{"network reset", 3, toxic("reset_peer", nil, up, down)},
		{"network drops data", 2, toxic("timeout", map[string]int{"timeout": 0}, up, down)},
		{"network half-open", 2, halfOpen},
		{"network delays", 2, delays},
		{"network slow", 2, slow},
		{"network slices", 1, sliced},
		{"network ends after bytes", 4, bytesShort},
		{"network forgets connections", 1, forgets},
		{"network gone", 2, gone},
		{"network silent for good", 1, silent},
	}
}

func shortCut(r *rand.Rand) fault {
	d := millis(r, 100, 3000)
	return fault{
		what: fmt.Sprintf("all connections closed and new ones refused for %s", d), when: anyMoment(r), want: mustSucceed,
		disturb: func(ctx context.Context, run *run) error { return run.link.cut(ctx, d) },
	}
}

func blip(r *rand.Rand) fault {
	n, pause := 1+r.IntN(4), millis(r, 100, 700)
	return fault{
		what: fmt.Sprintf("all connections closed, %d times every %s", n, pause), when: anyMoment(r), want: mustSucceed,
		disturb: func(ctx context.Context, run *run) error {
			for range n {
				if err := run.link.cut(ctx, 0); err != nil {
					return err
				}
				if err := wait(ctx, pause); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

// toxic disturbs the directions for less than the grace period.
func toxic(kind string, attributes map[string]int, directions ...string) func(*rand.Rand) fault {
	return func(r *rand.Rand) fault {
		return poisoned(kind, attributes, anyMoment(r), millis(r, 100, 3000), directions...)
	}
}

func poisoned(kind string, attributes map[string]int, when moment, d time.Duration, directions ...string) fault {
	return fault{
		what: fmt.Sprintf("%s%v %v for %s", kind, attributes, directions, d), when: when, want: mustSucceed,
		disturb: func(ctx context.Context, run *run) error {
			if err := run.link.poison(kind, attributes, directions...); err != nil {
				return err
			}
			if err := wait(ctx, d); err != nil {
				return err
			}
			return run.link.cure(ctx, kind, directions...)
		},
	}
}

// halfOpen loses the data of one direction, and the connections stay open.
func halfOpen(r *rand.Rand) fault {
	return poisoned("timeout", map[string]int{"timeout": 0}, anyMoment(r), millis(r, 500, 4000), pick(r, up, down))
}

// forgets is the restart of an address translator: data of old connections is lost for good, and new connections work. The client needs half a
// minute to notice, so the grace period is the default one.
func forgets(r *rand.Rand) fault {
	return fault{
		what: "data of all open connections dropped for good", when: anyMoment(r), detour: true, grace: time.Minute,
		want: want{outcome: succeeds, within: 150 * time.Second},
		disturb: func(_ context.Context, run *run) error {
			run.bypass.target.Store(run.apiServer())
			return run.link.poison("timeout", map[string]int{"timeout": 0}, up, down)
		},
	}
}

func delays(r *rand.Rand) fault {
	latency := 200 + r.IntN(1500)
	return poisoned("latency", map[string]int{"latency": latency, "jitter": latency / 2}, anyMoment(r), millis(r, 500, 4000), up, down)
}

func slow(r *rand.Rand) fault {
	return poisoned("bandwidth", map[string]int{"rate": 20 + r.IntN(500)}, anyMoment(r), millis(r, 1000, 6000), pick(r, up, down))
}

func sliced(r *rand.Rand) fault {
	size := 1 + r.IntN(200)
	attributes := map[string]int{"average_size": size, "size_variation": size / 2, "delay": r.IntN(50)}
	return poisoned("slicer", attributes, anyMoment(r), millis(r, 1000, 4000), pick(r, up, down))
}

// bytesShort ends every connection after the same number of bytes.
func bytesShort(r *rand.Rand) fault {
	n := pick(r, r.IntN(3000), r.IntN(20_000), r.IntN(100_000), r.IntN(2_000_000))
	return poisoned("limit_data", map[string]int{"bytes": n}, anyMoment(r), millis(r, 300, 3000), pick(r, up, down))
}

func gone(r *rand.Rand) fault {
	return fault{
		what: "all connections closed and new ones refused for good", when: anyMoment(r), grace: shortGrace,
		set: impatient, want: want{words: unreachable, codes: []int{75, 124}, cutOff: true, within: 90 * time.Second},
		disturb: func(ctx context.Context, run *run) error { return run.link.cut(ctx, -1) },
	}
}

func silent(r *rand.Rand) fault {
	return fault{
		what: "data dropped for good", when: anyMoment(r), grace: shortGrace, set: impatient,
		want: want{words: unreachable, codes: []int{75, 124}, cutOff: true, within: 150 * time.Second},
		disturb: func(_ context.Context, run *run) error {
			return run.link.poison("timeout", map[string]int{"timeout": 0}, up, down)
		},
	}
}

// impatient gives the pod less time to start than the default, five minutes, in which the client may be silent.
func impatient(r *run) error {
	r.args = append(r.args, "--pod-timeout", "20s")
	return nil
}
