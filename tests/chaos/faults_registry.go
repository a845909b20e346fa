package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/kubectl-img/kubectl-img/tests/cluster/registryproxy"
)

// registryKinds are faults of the registry, while the base image is pulled or the result is pushed.
func registryKinds() []kind {
	return []kind{
		{"registry busy at push", 2, answers(isPush, 3, mustSucceed, 429, 500, 502, 503)},
		{"registry busy at pull", 2, answers(isPull, 3, mustSucceed, 429, 500, 502, 503)},
		{"registry down at push", 2, answers(isPush, 0, away(), 429, 500, 502, 503)},
		{"registry down at pull", 2, answers(isPull, 0, away(), 429, 500, 502, 503)},
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

// told are the words by which an error may name each status.
var told = map[int][]string{
	401: {"401", "unauthorized", "authentication"}, 403: {"403", "denied", "forbidden"}, 404: {"404", "not found", "unknown"},
	429: {"429", "too many requests", "toomanyrequests", "rate"}, 500: {"500", "internal server error"}, 502: {"502", "bad gateway"}, 503: {"503", "unavailable"},
}

// refused is a failed push, or a build that failed because it could not pull.
func refused() want { return want{outcome: fails, codes: []int{3, 4}} }

// away is a registry that can be back by the next time.
func away() want { return want{outcome: fails, codes: []int{75}} }

// answers gives some of the first n requests of a kind a status, or all requests if n is 0.
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
		return proxied(fmt.Sprintf("%d %s", status, how), w, limited(which, first, func(w http.ResponseWriter) { refuse(w, status) }))
	}
}

// proxied is a fault of the run's own registry that is there from the start.
func proxied(what string, w want, intercept registryproxy.Intercept) fault {
	return fault{what: what, ownRegistry: true, want: w, set: func(r *run) error {
		r.proxy.Intercept = intercept
		return nil
	}}
}

// limited handles the first n requests of a kind, or all of them if n is 0.
func limited(which func(*http.Request) bool, n int, do func(http.ResponseWriter)) registryproxy.Intercept {
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
		f := proxied(fmt.Sprintf("connection reset %d times, HTTP/1: %v", n, old), mustSucceed, limited(which, n, func(w http.ResponseWriter) { _ = registryproxy.Reset(w) }))
		f.http1 = old
		return f
	}
}

// hangs accepts requests and never answers.
func hangs(r *rand.Rand) fault {
	push := r.IntN(2) == 0
	which := isPull
	if push {
		which = isPush
	}
	f := proxied(fmt.Sprintf("no answer, at push: %v", push), want{outcome: fails, codes: []int{75, 124}, words: []string{"timed out", "timeout"}, within: 60 * time.Second},
		func(_ http.ResponseWriter, r *http.Request) bool {
			if which(r) {
				<-r.Context().Done()
			}
			return which(r)
		})
	intercept := f.set
	f.set = func(r *run) error {
		r.args = append(r.args, "--timeout", "30s")
		return intercept(r)
	}
	return f
}

// pushing is a moment near the push.
func pushing(r *rand.Rand) moment { return moment{pick(r, atPush, atPush, atRun), millis(r, 0, 300)} }

func restarted(r *rand.Rand) fault {
	d := millis(r, 100, 3000)
	return fault{
		what: fmt.Sprintf("killed, and started again after %s", d), when: pushing(r), ownRegistry: true, want: mustSucceed,
		disturb: func(ctx context.Context, run *run) error {
			run.proxy.Close()
			if err := wait(ctx, d); err != nil {
				return err
			}
			return run.proxy.Restart(ctx)
		},
	}
}

func killed(r *rand.Rand) fault {
	return fault{
		what: "killed for good", when: pushing(r), ownRegistry: true,
		want: want{codes: []int{4, 75}, words: []string{"connection refused", "connection reset", "unreachable", "EOF", "broke off the connection"}},
		disturb: func(_ context.Context, run *run) error {
			run.proxy.Close()
			return nil
		},
	}
}

// full is a registry whose disk has no space for the image.
func full(*rand.Rand) fault {
	return fault{
		what: "no space left for what is pushed", ownRegistry: true,
		want: want{outcome: fails, codes: []int{4, 75}, words: []string{"no space left", "500", "507", "internal server error", "unknown"}},
		set: func(r *run) error {
			r.content["big"] = noise(rand.New(rand.NewPCG(r.seed, 1)), 8<<20)
			r.proxy.Intercept = func(w http.ResponseWriter, q *http.Request) bool {
				if isPull(q) || q.URL.Path == "/v2/" {
					return false
				}
				r.proxy.Forward(w, q, r.full)
				return true
			}
			return nil
		},
	}
}

// isPush tells whether a request is part of a push only.
func isPush(r *http.Request) bool { return r.Method != http.MethodGet && r.Method != http.MethodHead }

// isPull tells whether a request is part of the pull of the base image.
func isPull(r *http.Request) bool { return !isPush(r) && strings.HasPrefix(r.URL.Path, "/v2/busybox/") }

// refuse answers with a status and the error that registries send with it.
func refuse(w http.ResponseWriter, status int) {
	code := map[int]string{401: "UNAUTHORIZED", 403: "DENIED", 404: "MANIFEST_UNKNOWN", 429: "TOOMANYREQUESTS"}[status]
	if code == "" {
		code = "UNKNOWN"
	}
	if status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Basic realm="chaos"`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, `{"errors":[{"code":"`+code+`","message":"`+strings.ToLower(http.StatusText(status))+`"}]}`)
}
