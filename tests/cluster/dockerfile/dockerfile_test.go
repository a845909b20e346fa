package dockerfile

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

// The test cluster's image has the Dockerfile's packages and configuration, and the content that the two scripts make. So both images are the
// same if nothing else in the Dockerfile makes content.
func TestStages(t *testing.T) {
	file := read(t)
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
			"COPY compile.sh sysroot.sh ./",
			`RUN [ "$TARGETARCH" = "$BUILDARCH" ] || { apt-get install -y --no-install-recommends "crossbuild-essential-$TARGETARCH" ` +
				`&& ./sysroot.sh "$TARGETARCH" /sysroot libseccomp-dev; }`,
			"COPY runc runc", "COPY img img", "COPY docker-credential-gcr docker-credential-gcr",
			"COPY ownership ownership", "RUN GOARCH=$TARGETARCH SYSROOT=/sysroot ./compile.sh /out runc img ownership docker-credential-gcr",
		}},
		{"rootfs", "debian:bookworm", []string{
			"COPY sysroot.sh rootfs.sh /",
			`RUN [ "$TARGETARCH" = "$BUILDARCH" ] || /sysroot.sh "$TARGETARCH" /sysroot busybox-static git openssl uidmap`,
			"COPY --from=tools /out /out",
			`RUN if [ "$TARGETARCH" = "$BUILDARCH" ]; then /rootfs.sh /out /rootfs; else /rootfs.sh /out /rootfs /sysroot; fi`,
		}},
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

// A stage that runs programs of the image's platform would need an emulated processor for the other one.
func TestStagesRunOnTheBuildPlatform(t *testing.T) {
	for _, stage := range read(t).stages {
		for _, instruction := range stage.instructions {
			if instruction.name == "RUN" && stage.platform != "$BUILDPLATFORM" {
				t.Errorf("stage %s runs %s on platform %q", stage.name, instruction.args, stage.platform)
			}
		}
	}
}

// Files that the .dockerignore leaves out are not in the build context.
func TestCopiedFilesAreInTheContext(t *testing.T) {
	ignore, err := os.ReadFile(filepath.Join(filepath.Dir(path()), ".dockerignore"))
	if err != nil {
		t.Fatal(err)
	}
	for _, stage := range read(t).stages {
		for _, instruction := range stage.instructions {
			if instruction.name != "COPY" || strings.HasPrefix(instruction.args, "--from=") {
				continue
			}
			files := strings.Fields(instruction.args)
			for _, file := range files[:len(files)-1] {
				if !slices.Contains(strings.Split(string(ignore), "\n"), "!"+file) {
					t.Errorf(".dockerignore has no line !%s, which stage %s copies", file, stage.name)
				}
			}
		}
	}
}

// content are the instructions that put something into the image, except the installation of packages: the cluster installs the same.
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

func TestPackages(t *testing.T) {
	want := []string{"libseccomp-dev", "pkg-config", "binutils", "busybox-static", "ca-certificates", "git", "libcap2-bin", "openssl", "uidmap"}
	if diff := cmp.Diff(want, read(t).Packages()); diff != "" {
		t.Errorf("packages (-want +got):\n%s", diff)
	}
}

func TestConfig(t *testing.T) {
	t.Run("builder", configOfBuilder)
	t.Run("gcloud has the user, the environment and the ids of builder", configOfGcloud)
}

func configOfBuilder(t *testing.T) {
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
	if diff := cmp.Diff(want, read(t).Config("builder")); diff != "" {
		t.Errorf("config (-want +got):\n%s", diff)
	}
}

func configOfGcloud(t *testing.T) {
	file := read(t)
	builder, gcloud := file.Config("builder"), file.Config("gcloud")
	if gcloud.User != builder.User || gcloud.WorkingDir != builder.WorkingDir {
		t.Errorf("user and directory are %s %s, want %s %s", gcloud.User, gcloud.WorkingDir, builder.User, builder.WorkingDir)
	}
	for _, pair := range builder.Env {
		if !strings.HasPrefix(pair, "PATH=") && !slices.Contains(gcloud.Env, pair) {
			t.Errorf("environment lacks %s", pair)
		}
	}
	copies := strings.Join(content(file.stage("gcloud")), "\n")
	for _, path := range []string{
		"/etc/passwd", "/etc/group", "/etc/subuid", "/etc/subgid", "/usr/bin/img", "/usr/bin/runc", "/usr/bin/ownership", "/usr/bin/newuidmap",
		"/usr/bin/newgidmap", "/home", "/run/user", "/workspace",
	} {
		if !strings.Contains(copies, "/rootfs"+path+" ") {
			t.Errorf("stage gcloud lacks %s of stage rootfs", path)
		}
	}
}

func TestParse(t *testing.T) {
	t.Run("finds the instructions that BuildKit finds", parseLikeBuildKit)
	for name, text := range map[string]string{"RUN before FROM": "RUN true\n", "FROM without a name": "FROM scratch\n"} {
		t.Run(name, func(t *testing.T) {
			if _, err := Parse(text); err == nil {
				t.Errorf("Parse(%q) succeeded", text)
			}
		})
	}
}

func parseLikeBuildKit(t *testing.T) {
	source, err := os.Open(path())
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
	for _, stage := range read(t).stages {
		from := "FROM "
		if stage.platform != "" {
			from += "--platform=" + stage.platform + " "
		}
		got = append(got, from+stage.base+" AS "+stage.name)
		for _, instruction := range stage.instructions {
			got = append(got, strings.Join(strings.Fields(instruction.name+" "+instruction.args), " "))
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("instructions (-BuildKit +ours):\n%s", diff)
	}
}

// path is that of the builder image's Dockerfile.
func path() string {
	return filepath.Join("..", "..", "..", "images", "builder", "Dockerfile")
}

func read(t *testing.T) File {
	t.Helper()
	data, err := os.ReadFile(path())
	if err != nil {
		t.Fatal(err)
	}
	file, err := Parse(string(data))
	if err != nil {
		t.Fatal(err)
	}
	return file
}
