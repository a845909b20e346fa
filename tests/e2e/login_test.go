package e2e_test

import (
	"archive/tar"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// withHelper gives a run of the plugin a docker configuration, and a credential helper on PATH that knows each registry's login.
func (c call) withHelper(t *testing.T, logins map[string][2]string) call {
	t.Helper()
	dir := t.TempDir()
	helpers, script := map[string]string{}, "#!/bin/sh\nread -r host\ncase $host in\n"
	for host, login := range logins {
		helpers[host] = "e2e"
		script += fmt.Sprintf("%s) printf '{\"ServerURL\":\"%%s\",\"Username\":\"%s\",\"Secret\":\"%s\"}' \"$host\" ;;\n", host, login[0], login[1])
	}
	config, err := json.Marshal(map[string]any{"credHelpers": helpers})
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "config.json"), string(config))
	write(t, filepath.Join(dir, "docker-credential-e2e"), script+"esac\n")
	if err := os.Chmod(filepath.Join(dir, "docker-credential-e2e"), 0o755); err != nil {
		t.Fatal(err)
	}
	c.env = append(c.env, "DOCKER_CONFIG="+dir, "PATH="+dir+string(os.PathListSeparator)+shared.Bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	return c
}

// authorities is a file with the authorities of several registries.
func authorities(t *testing.T, gates ...*gate) string {
	t.Helper()
	var all strings.Builder
	for _, g := range gates {
		content, err := os.ReadFile(g.ca)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(content)
	}
	file := filepath.Join(t.TempDir(), "authorities.crt")
	write(t, file, all.String())
	return file
}

// Two registries with different passwords, one for FROM and one for the tag, out of the user's credential helper; each registry
// sees its own password only.
func TestLocalLoginsThroughACredentialHelper(t *testing.T) {
	t.Parallel()
	ns := namespace(t, baseline)
	base := newGate(t, "base", hostAddress(), onlyFor("reader", "secret-of-the-base"))
	target := newGate(t, "target", hostAddress(), onlyFor("writer", "secret-of-the-target"))
	ref := target.host + "/e2e/" + ns
	dir := only(t, "ARG BASE\nFROM $BASE/busybox:1\nRUN echo built >/built\n")
	for _, profile := range []string{"userns", "localhost", "restricted"} {
		c := build(ns, "-t", ref+":"+profile, "--profile", profile, "--registry-ca", authorities(t, base, target), "--build-arg", "BASE="+base.host, dir).
			withHelper(t, map[string][2]string{base.host: {"reader", "secret-of-the-base"}, target.host: {"writer", "secret-of-the-target"}})
		r := c.run(t).succeeds(t)
		r.says(t, "registry login: "+target.host+" with the local login of writer (there is one); "+base.host+" with the local login of reader (there is one)")
		if want := ref + "@" + digestOf(t, target.pushed(ref+":"+profile)) + "\n"; r.stdout != want {
			t.Errorf("stdout %q, want %q", r.stdout, want)
		}
	}
	if base.saw("secret-of-the-target") || target.saw("secret-of-the-base") {
		t.Error("a registry was shown another one's password")
	}
}

// The Dockerfile in an archive is known only after it went by; the registry it names gets its login all the same.
func TestLocalLoginForADockerfileInAnArchive(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	base := newGate(t, "base", hostAddress(), onlyFor("reader", "secret-of-the-base"))
	c := build(ns, "-t", repository(ns), "--registry-ca", base.ca, "-").withHelper(t, map[string][2]string{base.host: {"reader", "secret-of-the-base"}})
	c.stdin = strings.NewReader(archiveOf(t, map[string]string{"Dockerfile": "FROM " + base.host + "/busybox:1\nRUN true\n"}))
	c.run(t).succeeds(t).says(t, base.host+" with the local login of reader")
}

// dockerSecret makes a Secret as kubectl create secret docker-registry does, or of another type.
func dockerSecret(t *testing.T, ns, name string, kind corev1.SecretType, content string) {
	t.Helper()
	key := map[corev1.SecretType]string{corev1.SecretTypeDockerConfigJson: corev1.DockerConfigJsonKey, corev1.SecretTypeDockercfg: corev1.DockerConfigKey}[kind]
	if key == "" {
		key = "password"
	}
	if _, err := client.CoreV1().Secrets(ns).Create(t.Context(), &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: name}, Type: kind, StringData: map[string]string{key: content},
	}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
}

func loginEntry(host, user, password string) string {
	return fmt.Sprintf("{\n  %q: {\"username\": %q, \"password\": %q, \"auth\": %q}\n}", host, user, password, basic(user, password))
}

// Secrets of both types, and the login of a third registry out of the user's own configuration.
func TestLoginsInSecrets(t *testing.T) {
	t.Parallel()
	ns := namespace(t, baseline)
	base := newGate(t, "base", hostAddress(), onlyFor("reader", "secret-of-the-base"))
	tools := newGate(t, "tools", hostAddress(), onlyFor("tool", "secret-of-the-tools"))
	target := newGate(t, "target", hostAddress(), onlyFor("writer", "secret-of-the-target"))
	dockerSecret(t, ns, "new", corev1.SecretTypeDockerConfigJson, "{\"auths\": "+loginEntry(target.host, "writer", "secret-of-the-target")+"}\n")
	dockerSecret(t, ns, "old", corev1.SecretTypeDockercfg, loginEntry(base.host, "reader", "secret-of-the-base"))
	ref := target.host + "/e2e/" + ns
	dir := only(t, "FROM "+base.host+"/busybox:1\nCOPY --from="+tools.host+"/busybox:1 /bin/busybox /copy\n")
	c := build(ns, "-t", ref, "--profile", "userns", "--registry-ca", authorities(t, base, tools, target),
		"--auth", "secret=new", "--auth", base.host+"=secret=old", "--auth", tools.host+"=local", dir).
		withHelper(t, map[string][2]string{tools.host: {"tool", "secret-of-the-tools"}})
	r := c.run(t).succeeds(t)
	r.says(t, target.host+" with the login in secret new", base.host+" with the login in secret old", tools.host+" with the local login of tool")
	if want := ref + "@" + digestOf(t, target.pushed(ref)) + "\n"; r.stdout != want {
		t.Errorf("stdout %q, want %q", r.stdout, want)
	}
}

// A registry with a private authority, for build, pull and push: --registry-ca, or its certificate trusted unseen.
func TestRegistryWithAPrivateCA(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	g := newGate(t, "private", hostAddress(), everybody)
	ref := g.host + "/e2e/" + ns
	dir := only(t, "FROM "+g.host+"/busybox:1\nRUN true\n")
	for tag, flags := range map[string][]string{"ca": {"--registry-ca", g.ca}, "insecure": {"--insecure-registry", g.host}} {
		r := build(ns, append(flags, "-t", ref+":"+tag, dir)...).run(t).succeeds(t)
		if want := ref + "@" + digestOf(t, g.pushed(ref+":"+tag)) + "\n"; r.stdout != want {
			t.Errorf("stdout %q, want %q", r.stdout, want)
		}
	}
}

// Caches are registries too.
func TestCacheInARegistryWithALogin(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	g := newGate(t, "cache", hostAddress(), onlyFor("cacher", "secret-of-the-cache"))
	cache := g.host + "/e2e/" + ns + ":cache"
	dir := only(t, slowStep())
	for i := range 2 {
		c := build(ns, "-t", fmt.Sprintf("%s:%d", repository(ns), i), "--registry-ca", g.ca, "--cache-to", "type=registry,ref="+cache+",mode=max", "--cache-from", cache, dir).
			withHelper(t, map[string][2]string{g.host: {"cacher", "secret-of-the-cache"}})
		c.run(t).succeeds(t)
	}
	if !isPushed(t, g.pushed(cache)) {
		t.Error("no cache was pushed")
	}
	if a, b := fileIn(t, pull(t, repository(ns)+":0"), "uuid"), fileIn(t, pull(t, repository(ns)+":1"), "uuid"); a != b {
		t.Errorf("the cache was not used: %q, %q", a, b)
	}
}

// archiveOf packs files as a tar.
func archiveOf(t *testing.T, files map[string]string) string {
	t.Helper()
	var out strings.Builder
	w := tar.NewWriter(&out)
	for name, content := range files {
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(content))}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}
