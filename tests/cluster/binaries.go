package cluster

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/kubectl-img/kubectl-img/tests/cluster/cache"
	"github.com/kubectl-img/kubectl-img/tests/cluster/debian"
	"github.com/kubectl-img/kubectl-img/tests/cluster/program"
)

const kubernetesVersion = "1.37.2"

// outDir replaces the output directory in a tool's command, so that the cache key does not depend on the cache's place.
const outDir = "{out}"

// tool is a Go module that pins one program, or several of one release, and the command that compiles them.
type tool struct {
	name    string
	module  string   // directory of go.mod and go.sum, below the repository's root
	cgo     string   // CGO_ENABLED
	command []string // run in the module's directory
	scripts []string // patterns of more files that the command reads, and that are part of the key
	arch    string   // GOARCH, if it is not this machine's
	env     []string // for the command
}

// tools returns every tool of the cluster.
func (p paths) tools(older string) []tool {
	all := tools(older)
	for _, m := range p.machines {
		if m.CRIO {
			all = append(all, crioTool())
		}
	}
	return all
}

// tools returns every tool that each cluster needs. An older Kubernetes comes before the newest one, of which then only kubectl is used.
func tools(older string) []tool {
	var first []tool
	if older != "" {
		first = []tool{olderKubernetes(older)}
	}
	return append(first,
		goTool("etcd", "-o", outDir+"/etcd", "go.etcd.io/etcd/server/v3"),
		kubernetesTool(append(servers(), "kubectl")...),
		containerdTool(),
		imageTool("runc"),
		imageTool("img", "*.go", "*/*.go"),
		legacyImg(),
		imageTool("docker-credential-gcr"),
		imageTool("ownership", "*.go"),
	)
}

func goTool(name string, args ...string) tool {
	return tool{
		name:    name,
		module:  "tests/cluster/tools/" + name,
		cgo:     "0",
		command: append([]string{"go", "build", "-mod=readonly"}, args...),
	}
}

func containerdTool() tool {
	const commands = "github.com/containerd/containerd/v2/cmd/"
	return goTool("containerd", "-tags", "no_btrfs no_zfs no_devmapper", "-o", outDir+"/",
		commands+"containerd", commands+"containerd-shim-runc-v2", commands+"ctr")
}

// crioTool also compiles a C program, which go build does not.
func crioTool() tool {
	t := goTool("crio")
	t.cgo, t.command, t.scripts = "1", []string{"./compile.sh", outDir}, []string{t.module + "/compile.sh"}
	return t
}

func kubernetesTool(programs ...string) tool {
	return goTool("kubernetes", kubernetesArgs(kubernetesVersion, programs)...)
}

// servers are the programs of a cluster that have one version.
func servers() []string {
	return []string{"kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet"}
}

// olderKubernetes is a module of tests/skew.
func olderKubernetes(version string) tool {
	minor, _ := splitVersion(version)
	t := goTool("kubernetes-"+minor, kubernetesArgs(version, servers())...)
	t.module = "tests/skew/tools/" + t.name
	return t
}

// splitVersion returns 1.30 and 30 for 1.30.14.
func splitVersion(version string) (minor, number string) {
	minor = version[:strings.LastIndexByte(version, '.')]
	_, number, _ = strings.Cut(minor, ".")
	return minor, number
}

func kubernetesArgs(release string, programs []string) []string {
	const version = "k8s.io/component-base/version"
	_, minor := splitVersion(release)
	ldflags := fmt.Sprintf("-s -w -X %[1]s.gitVersion=v%[2]s -X %[1]s.gitMajor=1 -X %[1]s.gitMinor=%[3]s", version, release, minor)
	args := []string{"-ldflags", ldflags, "-o", outDir + "/"}
	for _, name := range programs {
		args = append(args, "k8s.io/kubernetes/cmd/"+name)
	}
	return args
}

// legacyImg is genuinetools/img, the engine of older builder images.
func legacyImg() tool {
	t := goTool("legacy-img", "-tags", "seccomp noembed osusergo netgo static_build",
		"-ldflags", "-s -w -X github.com/genuinetools/img/version.VERSION=v0.5.11 -extldflags=-static",
		"-o", outDir+"/legacy-img", "github.com/genuinetools/img")
	t.cgo = "1"
	return t
}

// imageTool is compiled by the script that the builder image's Dockerfile runs, too. sources are patterns of files in its module.
func imageTool(name string, sources ...string) tool {
	t := tool{
		name:    name,
		module:  "images/builder/" + name,
		cgo:     "1",
		command: []string{"../compile.sh", outDir, name},
		scripts: []string{"images/builder/compile.sh"},
	}
	for _, pattern := range sources {
		t.scripts = append(t.scripts, t.module+"/"+pattern)
	}
	return t
}

// compileTools returns a directory with the programs of tools. It compiles those that the cache does not have.
func (p paths) compileTools(ctx context.Context, tools []tool, log *progress) (string, error) {
	version, err := program.Output(exec.CommandContext(ctx, "go", "env", "GOVERSION"))
	if err != nil {
		return "", fmt.Errorf("ask for Go's version: %w", err)
	}
	version = strings.TrimSpace(version)
	all := cache.NewKey()
	var dirs []string
	for _, tool := range tools {
		key, err := p.toolKey(tool, version)
		if err != nil {
			return "", fmt.Errorf("hash module %s: %w", tool.module, err)
		}
		dir := filepath.Join(p.cache, "tools", tool.name+"-"+key)
		if !cache.Exists(dir) {
			if err := log.step(strings.TrimSpace("compile "+tool.name+" "+tool.arch), func() error { return p.compile(ctx, tool, dir) }); err != nil {
				return "", err
			}
		}
		dirs = append(dirs, dir)
		all.Text(dir)
	}
	return linkPrograms(dirs, filepath.Join(p.cache, "bin-"+all.String()))
}

func (p paths) toolKey(t tool, goVersion string) (string, error) {
	module := filepath.Join(p.root, t.module)
	key := cache.NewKey(goVersion, cmp.Or(t.arch, runtime.GOARCH), t.cgo).Text(t.command...)
	key.Files(filepath.Join(module, "go.mod"), filepath.Join(module, "go.sum"))
	for _, pattern := range t.scripts {
		found, err := filepath.Glob(filepath.Join(p.root, pattern))
		if err != nil || len(found) == 0 {
			return "", errors.Join(fmt.Errorf("no file matches %s", pattern), err)
		}
		key.Files(found...)
	}
	return key.String(), key.Err()
}

// compile runs the tool's command and moves its output to dir once it is complete.
func (p paths) compile(ctx context.Context, t tool, dir string) error {
	if err := cache.MakeTraversable(filepath.Dir(dir)); err != nil {
		return err
	}
	temporary, err := os.MkdirTemp(filepath.Dir(dir), t.name+"-unfinished-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temporary)
	args := make([]string, len(t.command))
	for i, arg := range t.command {
		args[i] = strings.ReplaceAll(arg, outDir, temporary)
	}
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir = filepath.Join(p.root, t.module)
	// The caller's settings, those of a test run with -race for example, must not reach the pinned modules.
	cmd.Env = append(os.Environ(), "CGO_ENABLED="+t.cgo, "GOFLAGS=-buildvcs=false", "GOWORK=off")
	cmd.Env = append(cmd.Env, t.env...)
	if err := program.Run(cmd); err != nil {
		return err
	}
	if err := os.Chmod(temporary, 0o755); err != nil {
		return err
	}
	return os.Rename(temporary, dir)
}

// linkPrograms makes dir a directory of symbolic links to the programs in dirs.
func linkPrograms(dirs []string, dir string) (string, error) {
	if err := cache.MakeTraversable(dir); err != nil {
		return "", fmt.Errorf("create directory of programs: %w", err)
	}
	for _, from := range dirs {
		programs, err := os.ReadDir(from)
		if err != nil {
			return "", fmt.Errorf("list programs: %w", err)
		}
		for _, file := range programs {
			err := os.Symlink(filepath.Join(from, file.Name()), filepath.Join(dir, file.Name()))
			if err != nil && !errors.Is(err, os.ErrExist) {
				return "", fmt.Errorf("link program: %w", err)
			}
		}
	}
	return dir, nil
}

// nodePackages are the Debian packages that run the node and make its images. The builder image's Dockerfile names those of that image.
func nodePackages() []string {
	return []string{
		"ca-certificates", "containernetworking-plugins", "debootstrap", "docker-registry", "gcc", "iproute2", "libc6-dev", "mount",
	}
}

// installPackages installs the packages that are missing.
func installPackages(ctx context.Context, names []string, log *progress) error {
	missing, err := debian.Missing(ctx, names)
	if err != nil || len(missing) == 0 {
		return err
	}
	return log.step("install "+strings.Join(missing, " "), func() error { return debian.Install(ctx, missing) })
}
