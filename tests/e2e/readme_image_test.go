package e2e_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// typeImage builds the builder image with buildah, copies it from one registry to another, and builds an image with it.
func typeImage(t *testing.T, doc *page) {
	version := versionOf(t, root(t))
	made, inside := shared.Registry+"/team/builder:"+version, shared.Registry+"/inside/team/builder:1"
	typist := newReader(t, "")
	typist.env = append(typist.env, containerTools(t)...)
	typist.names = strings.NewReplacer(
		":VERSION", ":"+version, "registry.example.com", shared.Registry, "registry.inside.example.com", shared.Registry+"/inside")
	typist.patience = 15 * time.Minute // it compiles the engine
	typist.types(t, standInsForDockerHub(t)).succeeds(t)

	typist.dir = root(t)
	r := typist.types(t, doc.take(t, "make image REGISTRY=").text).succeeds(t)
	if want := "BUILDER_IMAGE=" + shared.Registry + "/team/builder@" + digestOf(t, made); !strings.HasSuffix(strings.TrimSpace(r.stdout), want) {
		t.Errorf("make image says %q, want %q at the end", r.stdout, want)
	}
	typist.dir = t.TempDir()
	typist.types(t, doc.take(t, "oci-archive:builder.tar").text).succeeds(t)
	if got, want := digestOf(t, inside), digestOf(t, made); got != want {
		t.Errorf("digest %s inside, %s outside", got, want)
	}
	ns := namespace(t, baseline)
	build(ns, "--profile", "userns", "--image", inside, "--registry-ca", shared.CAFile, "-t", repository(ns), only(t, shell(look))).run(t).succeeds(t)
}

// versionOf returns the version that `make image` gives a checkout.
func versionOf(t *testing.T, root string) string {
	t.Helper()
	out := shellOut(t, "make -s -C '"+root+"' -f Makefile -f - version <<'end'\nversion:\n\t@echo $(VERSION)\nend\n")
	return strings.TrimSpace(out)
}

// containerTools returns the environment of buildah and skopeo: their own storage, and the cluster's registry in place of Docker Hub.
func containerTools(t *testing.T) []string {
	t.Helper()
	dir := t.TempDir()
	t.Cleanup(func() { _ = unix.Unmount(filepath.Join(dir, "storage", "overlay"), unix.MNT_DETACH) }) // buildah leaves it mounted on itself
	write(t, filepath.Join(dir, "storage.conf"), "[storage]\ndriver = \"overlay\"\nrunroot = \""+dir+"/run\"\ngraphroot = \""+dir+"/storage\"\n")
	write(t, filepath.Join(dir, "registries.conf"), `unqualified-search-registries = ["docker.io"]
[[registry]]
prefix = "docker.io/library"
location = "`+shared.Registry+`/library"
`)
	write(t, filepath.Join(dir, "policy.json"), `{"default": [{"type": "insecureAcceptAnything"}]}`)
	return []string{
		"BUILDAH_ISOLATION=chroot", "TARGETS=builder", "SSL_CERT_FILE=" + shared.CABundle, "TMPDIR=" + dir,
		"CONTAINERS_STORAGE_CONF=" + filepath.Join(dir, "storage.conf"), "CONTAINERS_REGISTRIES_CONF=" + filepath.Join(dir, "registries.conf"),
	}
}

// standInsForDockerHub returns a script that builds replacements for the Dockerfile's base images from those of the cluster.
func standInsForDockerHub(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	// Modules come from this machine's proxy, and the image trusts the proxy's certificate as this machine does.
	goproxy := strings.TrimSpace(shellOut(t, "go env GOPROXY"))
	write(t, filepath.Join(dir, "authorities.crt"), read(t, "/etc/ssl/certs/ca-certificates.crt"))
	write(t, filepath.Join(dir, "golang"), "FROM "+shared.Registry+"/golang:1.26\nENV SSL_CERT_FILE=/etc/authorities.crt GOPROXY="+goproxy+`
COPY authorities.crt /etc/
RUN apt-get -qq update && apt-get -qq install -y --no-install-recommends ca-certificates gcc libc6-dev >/dev/null
WORKDIR /go
`)
	write(t, filepath.Join(dir, "debian"), "FROM "+shared.Registry+"/debian:12\n")
	script := "cd '" + dir + "'\n"
	for file, name := range map[string]string{"golang": "golang:1.26-bookworm", "debian": "debian:bookworm"} {
		script += "buildah build -f " + file + " -t " + shared.Registry + "/library/" + name + " . && buildah push " + shared.Registry + "/library/" + name + "\n"
	}
	return script
}
