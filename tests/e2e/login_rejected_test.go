package e2e_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
)

func TestLoginRejected(t *testing.T) {
	t.Parallel()
	t.Run("before the upload", rejectedBeforeUpload)
	t.Run("during the build", rejectedLater)
	t.Run("pull", rejectedPull)
	t.Run("no login", rejectedAnonymous)
	t.Run("unusable Secret", rejectedSecrets)
}

// mayOnlyPull has a login that may pull, and that gets 403 for a push.
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

// rejectedBeforeUpload expects that the user's login is checked before the context is sent; with --check-push=false it fails later.
func rejectedBeforeUpload(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	g := newRegistryProxy(t, "target", hostAddress(), mayOnlyPull)
	ref, dir := g.Host+"/e2e/"+ns, only(t, scratch("LABEL a=b"))
	for name, c := range map[string]struct {
		password string
		names    []string
		hint     string
	}{
		"401 for a wrong password":                  {"wrong", []string{"401 Unauthorized", "knows no such login"}, "docker login " + g.Host},
		"403 for a login without the right to push": {"secret-of-the-reader", []string{"403 Forbidden", "have it granted"}, "have the right granted at " + g.Host},
	} {
		t.Run(name, func(t *testing.T) {
			logins := map[string][2]string{g.Host: {"reader", c.password}}
			r := build(ns, "-t", ref, "--registry-ca", g.CAFile, dir).withHelper(t, logins).run(t).within(t, soon)
			r.fails(t, codeRegistry, append(c.names, "push to "+g.Host, "the local login of reader")...).hints(t, c.hint)
			if strings.Contains(r.stderr, "sent the build context") {
				t.Errorf("the context was sent:\n%s", r.stderr)
			}
			r = build(ns, "-t", ref, "--registry-ca", g.CAFile, "--check-push=false", dir).withHelper(t, logins).run(t)
			r.fails(t, codeRegistry, append(c.names, "push to "+g.Host, "the local login of reader")...).hints(t, c.hint)
			r.says(t, "sent the build context")
		})
	}
}

func rejectedLater(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	// The login is valid until the check at the start of the build has ended.
	checked, once := make(chan struct{}), sync.Once{}
	g := newRegistryProxy(t, "target", hostAddress(), func(user, _ string, r *http.Request) int {
		if user != "writer" {
			return http.StatusUnauthorized
		}
		if r.Method == http.MethodDelete { // the check ends with the delete of its upload
			once.Do(func() { close(checked) })
			return http.StatusNoContent
		}
		select {
		case <-checked:
			return http.StatusUnauthorized
		default:
			return http.StatusOK
		}
	})
	c := build(ns, "-t", g.Host+"/e2e/"+ns, "--registry-ca", g.CAFile, only(t, scratch("LABEL a=b"))).withHelper(t, map[string][2]string{g.Host: {"writer", "secret-for-a-minute"}})
	c.run(t).fails(t, codeRegistry, "push to "+g.Host, "the local login of writer", "the login has expired; log in again").hints(t, "docker login "+g.Host)
}

// rejectedPull expects that a rejected pull has the exit code of a registry, although it happens while the image is built.
func rejectedPull(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	locked := newRegistryProxy(t, "locked", hostAddress(), onlyFor("reader", "secret-of-the-base"))
	forbidden := newRegistryProxy(t, "forbidden", hostAddress(), func(_, password string, _ *http.Request) int {
		if password == "" {
			return http.StatusUnauthorized
		}
		return http.StatusForbidden
	})
	dir := func(g *registryProxy) string { return only(t, "FROM "+g.Host+"/busybox:1\nRUN true\n") }
	r := build(ns, "-t", repository(ns), "--registry-ca", locked.CAFile, dir(locked)).run(t)
	r.fails(t, codeRegistry, "pull from "+locked.Host+" anonymously", "the registry wants a login").hints(t, "docker login "+locked.Host)

	c := build(ns, "-t", repository(ns), "--registry-ca", locked.CAFile, dir(locked)).withHelper(t, map[string][2]string{locked.Host: {"reader", "wrong"}})
	c.run(t).fails(t, codeRegistry, "pull from "+locked.Host+" with the local login of reader", "knows no such login")

	c = build(ns, "-t", repository(ns), "--registry-ca", forbidden.CAFile, dir(forbidden)).withHelper(t, map[string][2]string{forbidden.Host: {"reader", "some"}})
	c.run(t).fails(t, codeRegistry, "pull from "+forbidden.Host+" with the local login of reader", "have it granted")

	r = build(ns, "-t", repository(ns), dir(locked)).run(t)
	r.fails(t, codeRegistry, "pull from "+locked.Host, "x509", "does not trust the registry's certificate").hints(t, "--registry-ca FILE")
	if isPushed(t, repository(ns)) {
		t.Error("pushed")
	}
}

func rejectedAnonymous(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	r := build(ns, "-t", shared.AuthRegistry+"/e2e/"+ns+":1", only(t, scratch("LABEL a=b"))).run(t)
	r.fails(t, codeRegistry, shared.AuthRegistry)
	if line := strings.Join(r.lines("error: "), ""); !strings.Contains(strings.ToLower(line), "auth") && !strings.Contains(line, "401") {
		t.Errorf("the error line does not say why: %s", line)
	}
}

// rejectedSecrets expects an error about a Secret without a login before the pod is created. If the user may not read Secrets, the pod reports it.
func rejectedSecrets(t *testing.T) {
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
