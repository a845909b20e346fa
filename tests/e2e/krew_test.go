package e2e_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/kubectl-img/kubectl-img/tests/cluster/program"
)

// TestKrew installs the plugin with the real krew and kubectl. The cases need the steps before them.
func TestKrew(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	user := newKrewUser(t)
	archives := t.TempDir()
	server := httptest.NewServer(http.FileServer(http.Dir(archives)))
	t.Cleanup(server.Close)
	first := pack(t, archives, "0.1.0", server.URL)
	user.kubectl(t, "krew", "update") // krew uninstalls only with an index
	t.Run("install from a manifest and an archive", func(t *testing.T) {
		user.kubectl(t, "krew", "install", "--manifest", first.manifest, "--archive", first.archive)
		user.hasVersion(t, "0.1.0")
		r := user.kubectl(t, "img", "build", "-n", ns, "-t", repository(ns), only(t, scratch("LABEL a=b")))
		if want := repository(ns) + "@" + digestOf(t, repository(ns)) + "\n"; r.stdout != want {
			t.Errorf("stdout %q, want %q", r.stdout, want)
		}
		user.uninstalls(t)
	})
	t.Run("install from an index, and upgrade", func(t *testing.T) {
		index := newIndex(t)
		index.publish(t, first.manifest)
		user.kubectl(t, "krew", "index", "add", "img", index.url())
		user.kubectl(t, "krew", "install", "img/img")
		user.hasVersion(t, "0.1.0")
		index.publish(t, pack(t, archives, "0.2.0", server.URL).manifest)
		user.kubectl(t, "krew", "update")
		user.kubectl(t, "krew", "upgrade", "img")
		user.hasVersion(t, "0.2.0")
		user.uninstalls(t)
	})
}

// krewUser uses krew with a root of its own and with an empty default index.
type krewUser struct {
	root string
	env  []string
}

func newKrewUser(t *testing.T) krewUser {
	t.Helper()
	root, path := t.TempDir(), t.TempDir()
	if err := os.Symlink(tool(t, "krew", "krew"), filepath.Join(path, "kubectl-krew")); err != nil {
		t.Fatal(err)
	}
	return krewUser{root: root, env: []string{
		"PATH=" + strings.Join([]string{filepath.Join(root, "bin"), path, os.Getenv("PATH")}, string(os.PathListSeparator)),
		"KREW_ROOT=" + root, "KREW_DEFAULT_INDEX_URI=" + newIndex(t).url(), "KREW_NO_UPGRADE_CHECK=1",
	}}
}

func (u krewUser) kubectl(t *testing.T, args ...string) result {
	t.Helper()
	return call{program: filepath.Join(shared.Bin, "kubectl"), env: u.env, args: args, report: true}.run(t).succeeds(t)
}

func (u krewUser) hasVersion(t *testing.T, version string) {
	t.Helper()
	if r := u.kubectl(t, "img", "version", "--client"); !strings.Contains(r.stdout, version+" (commit ") {
		t.Errorf("version %q, want %s", r.stdout, version)
	}
}

// uninstalls checks that krew removes all files of the plugin.
func (u krewUser) uninstalls(t *testing.T) {
	t.Helper()
	left := func() []string {
		var paths []string
		for _, pattern := range []string{"bin/kubectl-img*", "store/img/*", "receipts/img.yaml"} {
			found, err := filepath.Glob(filepath.Join(u.root, pattern))
			if err != nil {
				t.Fatal(err)
			}
			paths = append(paths, found...)
		}
		return paths
	}
	if before := left(); len(before) != 3 {
		t.Errorf("krew has installed %q: not the files that this test looks for", before)
	}
	u.kubectl(t, "krew", "uninstall", "img")
	if after := left(); len(after) != 0 {
		t.Errorf("left behind: %q", after)
	}
}

// packed are the files of a release.
type packed struct{ manifest, archive string }

// pack makes a release like `make dist`, but only for this platform: the archives of the others are empty.
func pack(t *testing.T, archives, version, base string) packed {
	t.Helper()
	dir := t.TempDir()
	const plugin = "github.com/kubectl-img/kubectl-img/plugin"
	output(t, shared.Root, "env", "CGO_ENABLED=0", "go", "build", "-trimpath", "-ldflags", "-s -w -X "+plugin+".Version="+version,
		"-o", filepath.Join(dir, "kubectl-img"), "./cmd/kubectl-img")
	output(t, shared.Root, "cp", "LICENSE", dir)
	var sums strings.Builder
	p := packed{manifest: filepath.Join(dir, "img.yaml")}
	for _, goos := range []string{"linux", "darwin", "windows"} {
		for _, arch := range []string{"amd64", "arm64"} {
			name := "kubectl-img_v" + version + "_" + goos + "_" + arch + ".tar.gz"
			if goos == runtime.GOOS && arch == runtime.GOARCH {
				p.archive = filepath.Join(archives, name)
				output(t, dir, "tar", "-czf", p.archive, "kubectl-img", "LICENSE")
			} else {
				write(t, filepath.Join(archives, name), "")
			}
			sums.WriteString(output(t, archives, "sha256sum", name))
		}
	}
	write(t, filepath.Join(dir, "checksums.txt"), sums.String())
	write(t, filepath.Join(dir, "metadata.json"), `{"version": "`+version+`"}`)
	write(t, p.manifest, output(t, shared.Root, "go", "run", "./krew/cmd/manifest", "-dist", dir, "-base", base))
	return p
}

// index is a krew index: a git repository with the directory plugins.
type index string

func newIndex(t *testing.T) index {
	t.Helper()
	i := index(t.TempDir())
	write(t, filepath.Join(string(i), "plugins", ".keep"), "")
	output(t, string(i), "git", "init", "--quiet")
	i.commit(t)
	return i
}

func (i index) url() string { return "file://" + string(i) }

// publish adds a manifest to the index, as docs/releasing.md describes it.
func (i index) publish(t *testing.T, manifest string) {
	t.Helper()
	output(t, string(i), "cp", manifest, "plugins/img.yaml")
	i.commit(t)
}

func (i index) commit(t *testing.T) {
	t.Helper()
	output(t, string(i), "git", "add", "--all")
	output(t, string(i), "git", "-c", "user.name=e2e", "-c", "user.email=e2e@example.com", "commit", "--quiet", "--message", "Plugins")
}

// tool is the path of a program that a module below tools pins.
func tool(t *testing.T, module, command string) string {
	t.Helper()
	path, err := program.Tool(t.Context(), shared.Root, module, command)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// output is what a program writes to stdout. If the program fails, the test ends.
func output(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = dir
	out, err := program.Output(cmd)
	if err != nil {
		t.Fatal(err)
	}
	return out
}
