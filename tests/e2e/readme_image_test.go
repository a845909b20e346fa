package e2e_test

import (
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-img/kubectl-img/tests/cluster/clustertest"
)

// typeImage builds the builder image with buildah, copies it from one registry to another, and builds an image with it.
func typeImage(t *testing.T, doc *page) {
	version := versionOf(t, root(t))
	made, inside := shared.Registry+"/team/builder:"+version, shared.Registry+"/inside/team/builder:1"
	typist := newReader(t, "")
	typist.env = append(append(typist.env, clustertest.ContainerTools(t, shared)...), "TARGETS=builder", "PLATFORMS=linux/"+runtime.GOARCH) // tests/nodes makes all
	typist.names = strings.NewReplacer(
		":VERSION", ":"+version, "registry.example.com", shared.Registry, "registry.inside.example.com", shared.Registry+"/inside")
	typist.patience = 15 * time.Minute // it compiles the engine
	typist.types(t, clustertest.StandInsForDockerHub(t, shared)).succeeds(t)

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
