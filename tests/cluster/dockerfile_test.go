package cluster

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// The assembled image takes its packages and its configuration from the Dockerfile and its content from the two scripts. What is left to
// check is that the Dockerfile gets its content from nowhere else.
func TestDockerfileMakesTheAssembledImage(t *testing.T) {
	file := readDockerfile(t)
	var names []string
	for _, stage := range file.stages {
		names = append(names, stage.name)
	}
	if last := names[len(names)-1]; last != "builder" {
		t.Errorf("the default target is %s, want builder", last)
	}
	for _, want := range []struct {
		stage, base string
		content     []string // instructions that put something into the image
	}{
		{"tools", "golang:1.26-bookworm", []string{
			"COPY compile.sh ./", "COPY runc runc", "COPY img img", "COPY docker-credential-gcr docker-credential-gcr",
			"COPY ownership ownership", "RUN ./compile.sh /out runc img ownership docker-credential-gcr",
		}},
		{"rootfs", "debian:bookworm", []string{"COPY --from=tools /out /out", "COPY rootfs.sh /rootfs.sh", "RUN /rootfs.sh /out /rootfs"}},
		{"base", "scratch", []string{"COPY --from=rootfs /rootfs /"}},
		{"builder", "base", nil},
		{"gcr", "base", []string{"COPY --from=tools /out/docker-credential-gcr /usr/bin/docker-credential-gcr"}},
	} {
		stage := file.stage(want.stage)
		if stage.base != want.base {
			t.Errorf("stage %s is based on %q, want %q", want.stage, stage.base, want.base)
		}
		if diff := cmp.Diff(want.content, content(stage)); diff != "" {
			t.Errorf("stage %s (-want +got):\n%s", want.stage, diff)
		}
	}
}

// content leaves out installing packages: the cluster installs the same, see packages.
func content(s stage) []string {
	var list []string
	for _, instruction := range s.instructions {
		copies := slices.Contains([]string{"COPY", "ADD", "RUN"}, instruction.name)
		if copies && !strings.HasPrefix(instruction.args, "apt-get update && apt-get install") {
			list = append(list, instruction.name+" "+instruction.args)
		}
	}
	return list
}

func TestDockerfilePackages(t *testing.T) {
	want := []string{"libseccomp-dev", "pkg-config", "busybox-static", "ca-certificates", "git", "libcap2-bin", "openssl", "uidmap"}
	if diff := cmp.Diff(want, readDockerfile(t).packages()); diff != "" {
		t.Errorf("packages (-want +got):\n%s", diff)
	}
}

func TestDockerfileConfig(t *testing.T) {
	want := v1.Config{
		User:       "1000:1000",
		WorkingDir: "/workspace",
		Cmd:        []string{"/bin/sh"},
		Env:        []string{"PATH=/usr/bin:/bin", "HOME=/home/user", "USER=user", "XDG_RUNTIME_DIR=/run/user/1000"},
		Labels: map[string]string{
			"org.opencontainers.image.title":    "kubectl-img builder",
			"org.opencontainers.image.source":   "https://github.com/kubectl-img/kubectl-img",
			"org.opencontainers.image.licenses": "Apache-2.0",
		},
	}
	if diff := cmp.Diff(want, readDockerfile(t).config("builder")); diff != "" {
		t.Errorf("config (-want +got):\n%s", diff)
	}
}

// The same user, environment and ids hold in the image with the Google Cloud CLI, which Debian's own tools set up.
func TestGcloudTargetMatchesBuilder(t *testing.T) {
	file := readDockerfile(t)
	builder, gcloud := file.config("builder"), file.config("gcloud")
	if gcloud.User != builder.User || gcloud.WorkingDir != builder.WorkingDir {
		t.Errorf("user and directory are %s %s, want %s %s", gcloud.User, gcloud.WorkingDir, builder.User, builder.WorkingDir)
	}
	for _, pair := range builder.Env {
		if !strings.HasPrefix(pair, "PATH=") && !slices.Contains(gcloud.Env, pair) {
			t.Errorf("environment lacks %s", pair)
		}
	}
	run := strings.Join(content(file.stage("gcloud")), "\n") + file.stage("gcloud").instructions[0].args
	for _, part := range []string{"user:1001:64534 > /etc/subuid", "user:1001:64534 > /etc/subgid", "cap_setuid+ep", "cap_setgid+ep", "chmod u-s"} {
		if !strings.Contains(run, part) {
			t.Errorf("stage gcloud lacks %q", part)
		}
	}
}

// BuildKit's parser sees the same stages and instructions as ours.
func TestDockerfileParsesAsBuildKitDoes(t *testing.T) {
	source, err := os.Open(dockerfilePath(t))
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	parsed, err := parser.Parse(source)
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, node := range parsed.AST.Children {
		want = append(want, strings.Join(strings.Fields(node.Original), " "))
	}
	var got []string
	for _, stage := range readDockerfile(t).stages {
		got = append(got, "FROM "+stage.base+" AS "+stage.name)
		for _, instruction := range stage.instructions {
			got = append(got, strings.Join(strings.Fields(instruction.name+" "+instruction.args), " "))
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("instructions (-BuildKit +ours):\n%s", diff)
	}
}

func TestParseDockerfileRefuses(t *testing.T) {
	for _, text := range []string{"RUN true\n", "FROM scratch\n"} {
		if _, err := parseDockerfile(text); err == nil {
			t.Errorf("parseDockerfile(%q) succeeded", text)
		}
	}
}

func dockerfilePath(t *testing.T) string {
	t.Helper()
	root, err := findRoot("")
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(root, "images", "builder", "Dockerfile")
}

func readDockerfile(t *testing.T) dockerfile {
	t.Helper()
	data, err := os.ReadFile(dockerfilePath(t))
	if err != nil {
		t.Fatal(err)
	}
	file, err := parseDockerfile(string(data))
	if err != nil {
		t.Fatal(err)
	}
	return file
}
