package nodes_test

import (
	"archive/tar"
	"bytes"
	"debug/elf"
	"errors"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/kubectl-img/kubectl-img/tests/cluster/clustertest"
	"github.com/kubectl-img/kubectl-img/tests/cluster/program"
	"github.com/kubectl-img/kubectl-img/tests/compat"
)

// TestMakeImage runs `make image`, which cross-compiles. Nodes of both architectures must be able to build with the index that it pushes.
func TestMakeImage(t *testing.T) {
	startShell(t)
	describe(t)
	if record.Architecture == runtime.GOARCH {
		t.Fatalf("both nodes are for %s: set KUBECTL_IMG_TESTS_NODES", record.Architecture)
	}
	const version = "0.0.0-nodes"
	env := append(os.Environ(), clustertest.ContainerTools(t, shared)...)
	run := func(dir, path string, args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), path, args...)
		cmd.Dir, cmd.Env = dir, env
		out, err := program.Output(cmd)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	run(t.TempDir(), "/bin/sh", "-ec", clustertest.StandInsForDockerHub(t, shared))
	repository := shared.Registry + "/nodes/builder"
	out := run(shared.Root, "make", "-s", "image", "REGISTRY="+filepath.Dir(repository), "VERSION="+version)
	digests := map[string]string{}
	for _, tag := range []string{version, version + "-gcr", version + "-gcloud"} {
		digests[tag] = checkIndex(t, repository+":"+tag)
	}
	if want := "BUILDER_IMAGE=" + repository + "@" + digests[version]; !strings.HasSuffix(strings.TrimSpace(out), want) {
		t.Errorf("make image says %q, want %q at the end", out, want)
	}
	for _, node := range shared.Nodes {
		ns := namespace(t, clustertest.Privileged)
		startAnywhere(t, ns, "unconfined", dockerfile("RUN uname -m"), "--node-selector", "kubernetes.io/hostname="+node,
			"--image", repository+"@"+digests[version], "--registry-ca", shared.CAFile).succeeds(t)
	}
	found("make image", compat.Builds, "each image is an index for amd64 and arm64, and nodes of both build with it")
	record.Name += "-image"
	writeRecord(t)
}

// checkIndex fails unless the index has an image for each architecture, and the images' programs are for it. It returns the digest.
func checkIndex(t *testing.T, reference string) string {
	t.Helper()
	ref, err := name.ParseReference(reference)
	if err != nil {
		t.Fatal(err)
	}
	index, err := remote.Index(ref, remote.WithContext(t.Context()), remote.WithTransport(shared.Registries))
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	var platforms []string
	for _, m := range manifest.Manifests {
		platforms = append(platforms, m.Platform.String())
		image, err := index.Image(m.Digest)
		if err != nil {
			t.Fatal(err)
		}
		checkPrograms(t, image, m.Platform.Architecture)
	}
	slices.Sort(platforms)
	if diff := cmp.Diff([]string{"linux/amd64", "linux/arm64"}, platforms); diff != "" {
		t.Errorf("platforms of %s (-want +got):\n%s", reference, diff)
	}
	digest, err := index.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return digest.String()
}

// checkPrograms fails if a program of the builder image is missing or for another architecture, or if newuidmap or newgidmap lacks its capability.
func checkPrograms(t *testing.T, image v1.Image, arch string) {
	t.Helper()
	machine := map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64}[arch]
	missing := map[string]bool{"img": true, "runc": true, "ownership": true, "newuidmap": true, "newgidmap": true}
	files := mutate.Extract(image)
	defer files.Close()
	for archive := tar.NewReader(files); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		dir, file := path.Split(header.Name)
		if strings.TrimPrefix(dir, "/") != "usr/bin/" || !missing[file] {
			continue
		}
		delete(missing, file)
		content, err := io.ReadAll(archive)
		if err != nil {
			t.Fatal(err)
		}
		binary, err := elf.NewFile(bytes.NewReader(content))
		if err != nil {
			t.Fatalf("%s for %s: %v", file, arch, err)
		}
		if binary.Machine != machine {
			t.Errorf("%s for %s is a program for %s", file, arch, binary.Machine)
		}
		if strings.HasSuffix(file, "idmap") && header.PAXRecords["SCHILY.xattr.security.capability"] == "" {
			t.Errorf("%s for %s has no file capability", file, arch)
		}
	}
	if len(missing) > 0 {
		t.Errorf("missing for %s: %v", arch, missing)
	}
}
