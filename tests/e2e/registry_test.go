package e2e_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestRegistry(t *testing.T) {
	t.Parallel()
	t.Run("private CA", registryPrivateCA)
	t.Run("untrusted or unknown", registryUnknown)
	t.Run("plain HTTP", registryPlainHTTP)
	t.Run("fault that ends", registryRecovers)
	t.Run("fault that lasts", registryFails)
}

// registryPrivateCA builds from and to a registry whose certificate a private CA has signed: with --registry-ca, and with --insecure-registry.
func registryPrivateCA(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	g := newRegistryProxy(t, "private", hostAddress(), everybody)
	ref := g.Host + "/e2e/" + ns
	dir := only(t, "FROM "+g.Host+"/busybox:1\nRUN true\n")
	for tag, flags := range map[string][]string{"ca": {"--registry-ca", g.CAFile}, "insecure": {"--insecure-registry", g.Host}} {
		r := build(ns, append(flags, "-t", ref+":"+tag, dir)...).run(t).succeeds(t)
		if want := ref + "@" + digestOf(t, g.pushed(ref+":"+tag)) + "\n"; r.stdout != want {
			t.Errorf("stdout %q, want %q", r.stdout, want)
		}
	}
}

func registryUnknown(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	g := newRegistryProxy(t, "private", hostAddress(), everybody)
	r := build(ns, "-t", g.Host+"/e2e/"+ns, only(t, scratch("LABEL a=b"))).run(t)
	r.fails(t, codeRegistry, "push to "+g.Host+" anonymously", "x509", "--registry-ca").hints(t, "--insecure-registry "+g.Host)

	const unknown = "no-such-registry.invalid"
	nameless := nameServer(t)
	build(ns, "-t", unknown+"/a/b:1", "--pod-template", nameless, only(t, scratch("LABEL a=b"))).run(t).
		fails(t, codeRegistry, "push to "+unknown+" anonymously", "the pod finds no such host").hints(t, "nslookup "+unknown)
	build(ns, "-t", repository(ns), "--pod-template", nameless, only(t, "FROM "+unknown+"/a:1\nRUN true\n")).run(t).
		fails(t, codeRegistry, "pull from "+unknown+" anonymously", "the pod finds no such host")
}

func registryPlainHTTP(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	m := newMetadata(t, googleAccount, token{"none", 1}) // a server without TLS
	r := build(ns, "-t", m.address+"/e2e/"+ns, "--insecure-registry", m.address, only(t, scratch("LABEL a=b"))).run(t)
	r.fails(t, codeRegistry, "push to "+m.address, "plain http")
}

// part is a kind of request to a registry.
type part struct {
	name string
	is   func(*http.Request) bool
}

// answerName describes the answer of a rule.
func answerName(status int) string {
	if status == drop {
		return "connection dropped"
	}
	return fmt.Sprint(status)
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

// through is a build from the proxy or to it, and the reference of the image.
func (p part) through(t *testing.T, ns string, g *registryProxy) (call, string) {
	t.Helper()
	if strings.HasPrefix(p.name, "push") {
		ref := g.Host + "/e2e/" + ns
		return build(ns, "-t", ref, "--registry-ca", g.CAFile, only(t, scratch("LABEL a=b"))), g.pushed(ref)
	}
	return build(ns, "-t", repository(ns), "--registry-ca", g.CAFile, only(t, "FROM "+g.Host+"/busybox:1\nRUN true\n")), repository(ns)
}

// registryRecovers expects that a request which fails for a while is sent again.
func registryRecovers(t *testing.T) {
	t.Parallel()
	for _, p := range parts() {
		for _, answer := range []int{http.StatusTooManyRequests, http.StatusServiceUnavailable, drop} {
			t.Run(p.name+", "+answerName(answer), func(t *testing.T) {
				t.Parallel()
				ns := namespace(t, privileged)
				var first atomic.Int64
				g := newRegistryProxy(t, "registry", hostAddress(), func(_, _ string, r *http.Request) int {
					if !p.is(r) {
						return http.StatusOK
					}
					now := time.Now().UnixNano()
					first.CompareAndSwap(0, now)
					if now-first.Load() < int64(2*time.Second) { // the engine sends several requests at once
						return answer
					}
					return http.StatusOK
				})
				c, pushed := p.through(t, ns, g)
				r := c.run(t).succeeds(t)
				if answer == http.StatusTooManyRequests { // the engine itself repeats a request with any other answer
					r.says(t, "trying again")
				}
				if !isPushed(t, pushed) {
					t.Error("not pushed")
				}
			})
		}
	}
}

// registryFails expects an error with the registry's answer and its cause.
func registryFails(t *testing.T) {
	t.Parallel()
	for _, p := range parts() {
		for answer, names := range map[int][]string{
			http.StatusTooManyRequests:     {"429 Too Many Requests", "limits how much is asked of it"},
			http.StatusInternalServerError: {"500 Internal Server Error", "the registry failed by itself"},
			http.StatusInsufficientStorage: {"507 Insufficient Storage", "the registry failed by itself"},
			http.StatusGatewayTimeout:      {"504 Gateway Timeout", "did not answer in time"},
			http.StatusNotFound:            {"not found", "the registry has no such"},
			drop:                           {"the registry broke off the connection"},
		} {
			if p.name == "pull blob" && answer == http.StatusNotFound {
				continue // for a lost blob, a registry has no more to say than "not found"
			}
			t.Run(p.name+", "+answerName(answer), func(t *testing.T) {
				t.Parallel()
				ns := namespace(t, privileged)
				g := newRegistryProxy(t, "registry", hostAddress(), func(_, _ string, r *http.Request) int {
					if p.is(r) {
						return answer
					}
					return http.StatusOK
				})
				verb, code := "pull from ", codeTemporary
				if strings.HasPrefix(p.name, "push") {
					verb = "push to "
				}
				switch {
				case answer == http.StatusNotFound && verb == "push to ":
					code = codeRegistry
				case answer == http.StatusNotFound:
					code = codeBuild
				}
				c, pushed := p.through(t, ns, g)
				r := c.run(t)
				if answer == http.StatusNotFound && verb == "push to " {
					names = []string{"404 Not Found", "no such repository"}
				}
				r.fails(t, code, append(names, verb+g.Host)...)
				if isPushed(t, pushed) {
					t.Error("pushed")
				}
			})
		}
	}
}
