package clustertest

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/kubectl-img/kubectl-img/tests/cluster/debian"
	"github.com/kubectl-img/kubectl-img/tests/cluster/fixture"
	"github.com/kubectl-img/kubectl-img/tests/cluster/program"
)

// ContainerTools returns the environment of buildah and skopeo: a storage of their own, and the cluster's registry in place of Docker Hub.
func ContainerTools(t *testing.T, f *fixture.Fixture) []string {
	t.Helper()
	dir := t.TempDir()
	t.Cleanup(func() { _ = unix.Unmount(filepath.Join(dir, "storage", "overlay"), unix.MNT_DETACH) }) // buildah leaves it mounted on itself
	WriteFile(t, filepath.Join(dir, "storage.conf"), "[storage]\ndriver = \"overlay\"\nrunroot = \""+dir+"/run\"\ngraphroot = \""+dir+"/storage\"\n")
	registries := `unqualified-search-registries = ["docker.io"]` + "\n"
	for _, owner := range []string{"library", "google"} {
		registries += "[[registry]]\nprefix = \"docker.io/" + owner + "\"\nlocation = \"" + f.Registry + "/" + owner + "\"\n"
	}
	WriteFile(t, filepath.Join(dir, "registries.conf"), registries)
	WriteFile(t, filepath.Join(dir, "policy.json"), `{"default": [{"type": "insecureAcceptAnything"}]}`)
	return []string{
		"BUILDAH_ISOLATION=chroot", "SSL_CERT_FILE=" + f.CABundle, "TMPDIR=" + dir,
		"CONTAINERS_STORAGE_CONF=" + filepath.Join(dir, "storage.conf"), "CONTAINERS_REGISTRIES_CONF=" + filepath.Join(dir, "registries.conf"),
	}
}

// StandInsForDockerHub returns a script that makes replacements for the base images of the builder image's Dockerfile from the cluster's images.
func StandInsForDockerHub(t *testing.T, f *fixture.Fixture) string {
	t.Helper()
	dir := t.TempDir()
	goproxy, err := program.Output(exec.CommandContext(t.Context(), "go", "env", "GOPROXY"))
	if err != nil {
		t.Fatal(err)
	}
	authorities, err := os.ReadFile(debian.CertificateBundle)
	if err != nil {
		t.Fatal(err)
	}
	// Modules come from this machine's proxy, and the image trusts the proxy's certificate as this machine does.
	WriteFile(t, filepath.Join(dir, "authorities.crt"), string(authorities))
	WriteFile(t, filepath.Join(dir, "golang"), "FROM "+f.Registry+"/golang:1.26\nENV SSL_CERT_FILE=/etc/authorities.crt GOPROXY="+strings.TrimSpace(goproxy)+`
COPY authorities.crt /etc/
RUN apt-get -qq update && apt-get -qq install -y --no-install-recommends ca-certificates gcc libc6-dev >/dev/null
WORKDIR /go
`)
	WriteFile(t, filepath.Join(dir, "debian"), "FROM "+f.Registry+"/debian:12\n")
	other := "arm64"
	if runtime.GOARCH == other {
		other = "amd64"
	}
	script := "set -e\ncd '" + dir + "'\n"
	images := map[string]string{"golang": "library/golang:1.26-bookworm", "debian": "library/debian:bookworm"}
	for _, file := range slices.Sorted(maps.Keys(images)) {
		image := f.Registry + "/" + images[file]
		script += "buildah build -f " + file + " -t stand-in . && buildah manifest create " + image + " stand-in\n" +
			// For another architecture it has nothing that a build can use.
			"buildah manifest add --arch " + other + " " + image + " docker://" + f.Registry + "/busybox:1\n" +
			"buildah manifest push --all " + image + " docker://" + image + "\n"
	}
	// The target gcloud runs nothing on its base image, which the cluster has for every architecture of its nodes.
	return script + "skopeo copy -q --all docker://" + f.Registry + "/busybox:1 docker://" + f.Registry + "/google/cloud-sdk:slim\n"
}
