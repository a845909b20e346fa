package e2e_test

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

func TestLogin(t *testing.T) {
	t.Parallel()
	t.Run("credential helper", loginFromHelper)
	t.Run("Dockerfile in an archive", loginForArchive)
	t.Run("Secrets of both types", loginFromSecrets)
}

// loginFromHelper has two registries with different logins, one for FROM and one for the tag. The logins come from the user's credential helper, and
// each registry may see only its own.
func loginFromHelper(t *testing.T) {
	t.Parallel()
	ns := namespace(t, baseline)
	base := newRegistryProxy(t, "base", hostAddress(), onlyFor("reader", "secret-of-the-base"))
	target := newRegistryProxy(t, "target", hostAddress(), onlyFor("writer", "secret-of-the-target"))
	ref := target.Host + "/e2e/" + ns
	dir := only(t, "ARG BASE\nFROM $BASE/busybox:1\nRUN echo built >/built\n")
	for _, profile := range []string{"userns", "stock", "localhost", "restricted"} {
		c := build(ns, "-t", ref+":"+profile, "--profile", profile, "--registry-ca", authorities(t, base, target), "--build-arg", "BASE="+base.Host, dir).
			withHelper(t, map[string][2]string{base.Host: {"reader", "secret-of-the-base"}, target.Host: {"writer", "secret-of-the-target"}})
		r := c.run(t).succeeds(t)
		r.says(t, "registry login: "+target.Host+" with the local login of writer (there is one); "+base.Host+" with the local login of reader (there is one)")
		if want := ref + "@" + digestOf(t, target.pushed(ref+":"+profile)) + "\n"; r.stdout != want {
			t.Errorf("stdout %q, want %q", r.stdout, want)
		}
	}
	if base.saw("secret-of-the-target") || target.saw("secret-of-the-base") {
		t.Error("a registry got the password of another one")
	}
}

// loginForArchive has a Dockerfile in an archive, which is known only after the upload. Its base image needs a login.
func loginForArchive(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	base := newRegistryProxy(t, "base", hostAddress(), onlyFor("reader", "secret-of-the-base"))
	c := build(ns, "-t", repository(ns), "--registry-ca", base.CAFile, "-").withHelper(t, map[string][2]string{base.Host: {"reader", "secret-of-the-base"}})
	c.stdin = strings.NewReader(archiveOf(t, map[string]string{"Dockerfile": "FROM " + base.Host + "/busybox:1\nRUN true\n"}))
	c.run(t).succeeds(t).says(t, base.Host+" with the local login of reader")
}

// loginFromSecrets has logins in Secrets of both types, and the login of a third registry in the user's configuration.
func loginFromSecrets(t *testing.T) {
	t.Parallel()
	ns := namespace(t, baseline)
	base := newRegistryProxy(t, "base", hostAddress(), onlyFor("reader", "secret-of-the-base"))
	tools := newRegistryProxy(t, "tools", hostAddress(), onlyFor("tool", "secret-of-the-tools"))
	target := newRegistryProxy(t, "target", hostAddress(), onlyFor("writer", "secret-of-the-target"))
	dockerSecret(t, ns, "new", corev1.SecretTypeDockerConfigJson, "{\"auths\": "+loginEntry(target.Host, "writer", "secret-of-the-target")+"}\n")
	dockerSecret(t, ns, "old", corev1.SecretTypeDockercfg, loginEntry(base.Host, "reader", "secret-of-the-base"))
	ref := target.Host + "/e2e/" + ns
	dir := only(t, "FROM "+base.Host+"/busybox:1\nCOPY --from="+tools.Host+"/busybox:1 /bin/busybox /copy\n")
	c := build(ns, "-t", ref, "--profile", "userns", "--registry-ca", authorities(t, base, tools, target),
		"--auth", "secret=new", "--auth", base.Host+"=secret=old", "--auth", tools.Host+"=local", dir).
		withHelper(t, map[string][2]string{tools.Host: {"tool", "secret-of-the-tools"}})
	r := c.run(t).succeeds(t)
	r.says(t, target.Host+" with the login in secret new", base.Host+" with the login in secret old", tools.Host+" with the local login of tool")
	if want := ref + "@" + digestOf(t, target.pushed(ref)) + "\n"; r.stdout != want {
		t.Errorf("stdout %q, want %q", r.stdout, want)
	}
}
