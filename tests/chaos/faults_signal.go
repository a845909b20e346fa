package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"syscall"
	"time"
)

// signalKinds are signals to the client.
func signalKinds() []kind {
	return []kind{
		{"client killed", 3, kill},
		{"client stopped shortly", 2, stopped(500, 3000, usualGrace, mustSucceed)},
		{"client stopped for long", 2, stopped(9000, 12000, shortGrace, want{
			codes: []int{1, 75}, words: []string{"no client for", "abandoned", "grace", "deleted"},
		})},
		{"client SIGINT", 2, signalled(syscall.SIGINT, 130)},
		{"client SIGTERM", 2, signalled(syscall.SIGTERM, 143)},
		{"client SIGHUP", 1, signalled(syscall.SIGHUP, 129, 130, 143)},
		{"client signalled twice", 2, twice},
	}
}

func kill(r *rand.Rand) fault {
	return fault{
		what: "SIGKILL", when: anyMoment(r), grace: shortGrace, want: want{killed: true},
		disturb: func(_ context.Context, run *run) error { return run.process.signal(syscall.SIGKILL) },
	}
}

func stopped(from, to int, grace time.Duration, want want) func(*rand.Rand) fault {
	return func(r *rand.Rand) fault {
		d := millis(r, from, to)
		return fault{
			what: fmt.Sprintf("SIGSTOP for %s with a grace of %s", d, grace), when: anyMoment(r), grace: grace, want: want,
			disturb: func(ctx context.Context, run *run) error {
				if err := run.process.signal(syscall.SIGSTOP); err != nil {
					return err
				}
				err := wait(ctx, d)
				_ = run.process.signal(syscall.SIGCONT)
				return err
			},
		}
	}
}

func signalled(s syscall.Signal, codes ...int) func(*rand.Rand) fault {
	return func(r *rand.Rand) fault {
		return fault{
			what: s.String(), when: anyMoment(r),
			want:    want{codes: codes, words: []string{s.String(), "signal"}, killable: true, within: 20 * time.Second},
			disturb: func(_ context.Context, run *run) error { return run.process.signal(s) },
		}
	}
}

// twice sends a signal twice, as an impatient user does. Then the pod may live until the end of its grace period.
func twice(r *rand.Rand) fault {
	s, pause := pick(r, syscall.SIGINT, syscall.SIGTERM), millis(r, 1100, 1500) // signals closer to each other are one
	return fault{
		what: fmt.Sprintf("%s twice within %s", s, pause), when: anyMoment(r), grace: shortGrace,
		want: want{codes: []int{128 + int(s)}, words: []string{s.String(), "signal"}, killable: true, within: 20 * time.Second, cutOff: true, hurried: true},
		disturb: func(ctx context.Context, run *run) error {
			if err := run.process.signal(s); err != nil {
				return err
			}
			if err := wait(ctx, pause); err != nil {
				return err
			}
			return run.process.signal(s)
		},
	}
}
