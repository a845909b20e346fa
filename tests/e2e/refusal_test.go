package e2e_test

import (
	"encoding/base64"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
)

func basic(user, password string) string {
	return base64.StdEncoding.EncodeToString([]byte(user + ":" + password))
}

// mayOnlyPull answers 403 to who may read but not write.
func mayOnlyPull(user, password string, r *http.Request) int {
	switch {
	case user != "reader" || password != "secret-of-the-reader":
		return http.StatusUnauthorized
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		return http.StatusForbidden
	default:
		return http.StatusOK
	}
}

// A login that the user has is tried before the context is sent.
func TestRefusedPushIsKnownBeforeTheUpload(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	g := newGate(t, "target", hostAddress(), mayOnlyPull)
	ref, dir := g.host+"/e2e/"+ns, only(t, scratch("LABEL a=b"))
	for name, c := range map[string]struct {
		password string
		names    []string
		hint     string
	}{
		"401": {"wrong", []string{"401 Unauthorized", "knows no such login"}, "docker login " + g.host},
		"403": {"secret-of-the-reader", []string{"403 Forbidden", "have it granted"}, "have the right granted at " + g.host},
	} {
		t.Run(name, func(t *testing.T) {
			logins := map[string][2]string{g.host: {"reader", c.password}}
			r := build(ns, "-t", ref, "--registry-ca", g.ca, dir).withHelper(t, logins).run(t).within(t, soon)
			r.fails(t, codeRegistry, append(c.names, "push to "+g.host, "the local login of reader")...).hints(t, c.hint)
			if strings.Contains(r.stderr, "sent the build context") {
				t.Errorf("the context was sent all the same:\n%s", r.stderr)
			}
			r = build(ns, "-t", ref, "--registry-ca", g.ca, "--check-push=false", dir).withHelper(t, logins).run(t)
			r.fails(t, codeRegistry, append(c.names, "push to "+g.host, "the local login of reader")...).hints(t, c.hint)
			r.says(t, "sent the build context")
		})
	}
}

func TestExpiredLoginIsNamed(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	// It was good when the build began.
	begun, once := make(chan struct{}), sync.Once{}
	g := newGate(t, "target", hostAddress(), func(user, _ string, r *http.Request) int {
		if user != "writer" {
			return http.StatusUnauthorized
		}
		if r.Method == http.MethodDelete { // the check takes its upload back
			once.Do(func() { close(begun) })
			return http.StatusNoContent
		}
		select {
		case <-begun:
			return http.StatusUnauthorized
		default:
			return http.StatusOK
		}
	})
	c := build(ns, "-t", g.host+"/e2e/"+ns, "--registry-ca", g.ca, only(t, scratch("LABEL a=b"))).withHelper(t, map[string][2]string{g.host: {"writer", "secret-for-a-minute"}})
	c.run(t).fails(t, codeRegistry, "push to "+g.host, "the local login of writer", "the login has expired; log in again").hints(t, "docker login "+g.host)
}

// What keeps an image from being pulled in the build phase is the registry's refusal too.
func TestRefusedPullIsARegistrysRefusal(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	locked := newGate(t, "locked", hostAddress(), onlyFor("reader", "secret-of-the-base"))
	forbidden := newGate(t, "forbidden", hostAddress(), func(_, password string, _ *http.Request) int {
		if password == "" {
			return http.StatusUnauthorized
		}
		return http.StatusForbidden
	})
	dir := func(g *gate) string { return only(t, "FROM "+g.host+"/busybox:1\nRUN true\n") }
	r := build(ns, "-t", repository(ns), "--registry-ca", locked.ca, dir(locked)).run(t)
	r.fails(t, codeRegistry, "pull from "+locked.host+" anonymously", "the registry wants a login").hints(t, "docker login "+locked.host)

	c := build(ns, "-t", repository(ns), "--registry-ca", locked.ca, dir(locked)).withHelper(t, map[string][2]string{locked.host: {"reader", "wrong"}})
	c.run(t).fails(t, codeRegistry, "pull from "+locked.host+" with the local login of reader", "knows no such login")

	c = build(ns, "-t", repository(ns), "--registry-ca", forbidden.ca, dir(forbidden)).withHelper(t, map[string][2]string{forbidden.host: {"reader", "some"}})
	c.run(t).fails(t, codeRegistry, "pull from "+forbidden.host+" with the local login of reader", "have it granted")

	r = build(ns, "-t", repository(ns), dir(locked)).run(t)
	r.fails(t, codeRegistry, "pull from "+locked.host, "x509", "does not trust the registry's certificate").hints(t, "--registry-ca FILE")
	if isPushed(t, repository(ns)) {
		t.Error("pushed")
	}
}

func TestUntrustedAndUnknownRegistriesAreNamed(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	g := newGate(t, "private", hostAddress(), everybody)
	r := build(ns, "-t", g.host+"/e2e/"+ns, only(t, scratch("LABEL a=b"))).run(t)
	r.fails(t, codeRegistry, "push to "+g.host+" anonymously", "x509", "--registry-ca").hints(t, "--insecure-registry "+g.host)

	const unknown = "no-such-registry.invalid"
	nameless := nameServer(t)
	build(ns, "-t", unknown+"/a/b:1", "--pod-template", nameless, only(t, scratch("LABEL a=b"))).run(t).
		fails(t, codeRegistry, "push to "+unknown+" anonymously", "the pod finds no such host").hints(t, "nslookup "+unknown)
	build(ns, "-t", repository(ns), "--pod-template", nameless, only(t, "FROM "+unknown+"/a:1\nRUN true\n")).run(t).
		fails(t, codeRegistry, "pull from "+unknown+" anonymously", "the pod finds no such host")
}

func TestRegistryThatSpeaksPlainHTTPIsNamed(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	m := newMetadata(t, googleAccount, token{"none", 1}) // any server without TLS
	r := build(ns, "-t", m.address+"/e2e/"+ns, "--insecure-registry", m.address, only(t, scratch("LABEL a=b"))).run(t)
	r.fails(t, codeRegistry, "push to "+m.address, "plain http")
}

// A Secret that is no login is named before the pod is created, or by the pod where the user may not look.
func TestUnusableSecretsAreNamed(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	dockerSecret(t, ns, "opaque", corev1.SecretTypeOpaque, "secret-of-nobody")
	dir := only(t, scratch("LABEL a=b"))
	r := build(ns, "-t", repository(ns), "--auth", "secret=opaque", dir).run(t).within(t, soon)
	r.fails(t, codeRegistry, "secret "+ns+"/opaque", "its type is Opaque: want kubernetes.io/dockerconfigjson").hints(t, "kubectl create secret docker-registry opaque")
	r = build(ns, "-t", repository(ns), "--auth", "secret=missing", dir).run(t).within(t, soon)
	r.fails(t, codeRegistry, "secret "+ns+"/missing", "none of this name").hints(t, "kubectl create secret docker-registry missing")
	if strings.Contains(r.stderr, "created builder pod") {
		t.Error("a pod was created")
	}
	grant(t, ns, "somebody",
		rbacv1.PolicyRule{APIGroups: []string{""}, Resources: []string{"pods"}, Verbs: []string{"create", "get", "list", "watch", "delete"}},
		rbacv1.PolicyRule{APIGroups: []string{""}, Resources: []string{"pods/exec"}, Verbs: []string{"create", "get"}})
	for _, name := range []string{"opaque", "missing"} {
		r := build(ns, "-t", repository(ns), "--as", "somebody", "--auth", "secret="+name, dir).run(t).within(t, 30*time.Second)
		r.fails(t, codeRegistry, "with secret "+name, "no key .dockerconfigjson").hints(t, "kubectl create secret docker-registry "+name)
	}
}
