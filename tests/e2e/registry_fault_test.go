package e2e_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// part is what a registry is asked for, as a rule sees it.
type part struct {
	name string
	is   func(*http.Request) bool
}

func parts() []part {
	has := func(text string) func(*http.Request) bool {
		return func(r *http.Request) bool { return strings.Contains(r.URL.Path, text) }
	}
	return []part{
		{"pull manifest", has("/manifests/")},
		{"pull blob", has("/blobs/")},
		{"push manifest", func(r *http.Request) bool { return r.Method == http.MethodPut && has("/manifests/")(r) }},
		{"push blob", func(r *http.Request) bool { return r.Method == http.MethodPost && has("/blobs/")(r) }},
	}
}

// through builds by way of the gate: from it, or to it.
func (p part) through(t *testing.T, ns string, g *gate) (call, string) {
	t.Helper()
	if strings.HasPrefix(p.name, "push") {
		ref := g.host + "/e2e/" + ns
		return build(ns, "-t", ref, "--registry-ca", g.ca, only(t, scratch("LABEL a=b"))), g.pushed(ref)
	}
	return build(ns, "-t", repository(ns), "--registry-ca", g.ca, only(t, "FROM "+g.host+"/busybox:1\nRUN true\n")), repository(ns)
}

// What a registry may answer better next time is asked again, and a line says so.
func TestRegistryThatRecoversCostsNoBuild(t *testing.T) {
	t.Parallel()
	for _, p := range parts() {
		for _, answer := range []int{http.StatusTooManyRequests, http.StatusServiceUnavailable, reset} {
			t.Run(fmt.Sprint(p.name, answer), func(t *testing.T) {
				t.Parallel()
				ns := namespace(t, privileged)
				var first atomic.Int64
				g := newGate(t, "registry", hostAddress(), func(_, _ string, r *http.Request) int {
					if !p.is(r) {
						return http.StatusOK
					}
					now := time.Now().UnixNano()
					first.CompareAndSwap(0, now)
					if now-first.Load() < int64(2*time.Second) { // img asks several times at once
						return answer
					}
					return http.StatusOK
				})
				c, pushed := p.through(t, ns, g)
				r := c.run(t).succeeds(t)
				if answer == http.StatusTooManyRequests { // all others the engine tries again by itself
					r.says(t, "trying again")
				}
				if !isPushed(t, pushed) {
					t.Error("not pushed")
				}
			})
		}
	}
}

// One that does not is named, with what it said and what helps.
func TestRegistrysFailuresAreToldApart(t *testing.T) {
	t.Parallel()
	for _, p := range parts() {
		for answer, names := range map[int][]string{
			http.StatusTooManyRequests:     {"429 Too Many Requests", "limits how much is asked of it"},
			http.StatusInternalServerError: {"500 Internal Server Error", "the registry failed by itself"},
			http.StatusInsufficientStorage: {"507 Insufficient Storage", "the registry failed by itself"},
			http.StatusGatewayTimeout:      {"504 Gateway Timeout", "did not answer in time"},
			http.StatusNotFound:            {"not found", "the registry has no such"},
			reset:                          {"the registry broke off the connection"},
		} {
			if p.name == "pull blob" && answer == http.StatusNotFound {
				continue // a registry that lost a blob says no more than that
			}
			t.Run(fmt.Sprint(p.name, answer), func(t *testing.T) {
				t.Parallel()
				ns := namespace(t, privileged)
				g := newGate(t, "registry", hostAddress(), func(_, _ string, r *http.Request) int {
					if p.is(r) {
						return answer
					}
					return http.StatusOK
				})
				verb, code := "pull from ", codeRegistry
				if strings.HasPrefix(p.name, "push") {
					verb = "push to "
				} else if answer == http.StatusNotFound {
					code = codeBuild
				}
				c, pushed := p.through(t, ns, g)
				r := c.run(t)
				if answer == http.StatusNotFound && verb == "push to " {
					names = []string{"404 Not Found", "no such repository"}
				}
				r.fails(t, code, append(names, verb+g.host)...)
				if isPushed(t, pushed) {
					t.Error("pushed")
				}
			})
		}
	}
}
