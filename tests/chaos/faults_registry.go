package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync/atomic"
	"time"
)

// registryKinds come from the registry, on the way of the base image or of the result.
func registryKinds() []kind {
	return []kind{
		{"registry busy at push", 2, answers(isPush, 3, mustSucceed, 429, 500, 502, 503)},
		{"registry busy at pull", 2, answers(isPull, 3, mustSucceed, 429, 500, 502, 503)},
		{"registry down at push", 2, answers(isPush, 0, refused(), 429, 500, 502, 503)},
		{"registry down at pull", 2, answers(isPull, 0, refused(), 429, 500, 502, 503)},
		{"registry denies push", 2, answers(isPush, 0, refused(), 401, 403)},
		{"registry denies pull", 1, answers(isPull, 0, refused(), 401, 403)},
		{"registry lacks base image", 1, answers(isPull, 0, refused(), 404)},
		{"registry resets push", 2, resets(isPush)},
		{"registry resets pull", 2, resets(isPull)},
		{"registry hangs", 1, hangs},
		{"registry restarted at push", 2, restarted},
		{"registry killed at push", 1, killed},
		{"registry disk full", 1, full},
	}
}

// told is how each status may be told.
var told = map[int][]string{
	401: {"401", "unauthorized", "authentication"}, 403: {"403", "denied", "forbidden"}, 404: {"404", "not found", "unknown"},
	429: {"429", "too many requests", "toomanyrequests", "rate"}, 500: {"500", "internal server error"}, 502: {"502", "bad gateway"}, 503: {"503", "unavailable"},
}

// refused is a failure on the registry's side: of the push, or of the build that could not pull.
func refused() want { return want{outcome: fails, codes: []int{3, 4}} }

// answers spoils the first n requests of a kind, or all of them where n is 0.
func answers(which func(*http.Request) bool, n int, w want, statuses ...int) func(*rand.Rand) fault {
	return func(r *rand.Rand) fault {
		status, first, how := pick(r, statuses...), 0, "always"
		if n > 0 {
			first = 1 + r.IntN(n)
			how = fmt.Sprintf("%d times", first)
		}
		if w.outcome == fails {
			w.words = told[status]
		}
		return gated(fmt.Sprintf("%d %s", status, how), w, limited(which, first, func(w http.ResponseWriter) { refuse(w, status) }))
	}
}

// gated has a gate that is spoiled from the start.
func gated(what string, w want, s spoiler) fault {
	return fault{what: what, gated: true, want: w, set: func(r *run) error {
		r.gate.spoil = s
		return nil
	}}
}

func limited(which func(*http.Request) bool, n int, do func(http.ResponseWriter)) spoiler {
	var count atomic.Int64
	return func(w http.ResponseWriter, r *http.Request) bool {
		if !which(r) || n > 0 && count.Add(1) > int64(n) {
			return false
		}
		do(w)
		return true
	}
}

func resets(which func(*http.Request) bool) func(*rand.Rand) fault {
	return func(r *rand.Rand) fault {
		n, old := 1+r.IntN(3), r.IntN(2) == 0
		f := gated(fmt.Sprintf("connection reset %d times, HTTP/1: %v", n, old), mustSucceed, limited(which, n, func(w http.ResponseWriter) { _ = reset(w) }))
		f.http1 = old
		return f
	}
}

// hangs takes requests and never answers.
func hangs(r *rand.Rand) fault {
	push := r.IntN(2) == 0
	which := isPull
	if push {
		which = isPush
	}
	f := gated(fmt.Sprintf("no answer, at push: %v", push), want{outcome: fails, codes: []int{3, 4, 124}, words: []string{"timed out", "timeout"}, within: 60 * time.Second},
		func(_ http.ResponseWriter, r *http.Request) bool {
			if which(r) {
				<-r.Context().Done()
			}
			return which(r)
		})
	spoil := f.set
	f.set = func(r *run) error {
		r.args = append(r.args, "--timeout", "30s")
		return spoil(r)
	}
	return f
}

// pushing is a moment about the push.
func pushing(r *rand.Rand) moment { return moment{pick(r, atPush, atPush, atRun), millis(r, 0, 300)} }

func restarted(r *rand.Rand) fault {
	d := millis(r, 100, 3000)
	return fault{
		what: fmt.Sprintf("killed, and back after %s", d), when: pushing(r), gated: true, want: mustSucceed,
		harm: func(ctx context.Context, run *run) error {
			run.gate.kill()
			if err := wait(ctx, d); err != nil {
				return err
			}
			return run.gate.open(run.gate.host)
		},
	}
}

func killed(r *rand.Rand) fault {
	return fault{
		what: "killed for good", when: pushing(r), gated: true,
		want: want{codes: []int{4}, words: []string{"connection refused", "connection reset", "unreachable", "EOF", "broke off the connection"}},
		harm: func(_ context.Context, run *run) error {
			run.gate.kill()
			return nil
		},
	}
}

// full is a real registry whose storage has no room for the image.
func full(*rand.Rand) fault {
	return fault{
		what: "no space left for what is pushed", gated: true,
		want: want{outcome: fails, codes: []int{4}, words: []string{"no space left", "500", "507", "internal server error", "unknown"}},
		set: func(r *run) error {
			r.content["big"] = noise(rand.New(rand.NewPCG(r.seed, 1)), 8<<20)
			r.gate.spoil = func(w http.ResponseWriter, q *http.Request) bool {
				if isPull(q) || q.URL.Path == "/v2/" {
					return false
				}
				r.gate.forward(w, q, r.full)
				return true
			}
			return nil
		},
	}
}
