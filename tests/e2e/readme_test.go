package e2e_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestReadme types the commands of README.md. Only the reader's own names are replaced. It is not parallel: it applies the installer of the
// seccomp profile, whose removal takes the profile from the node.
func TestReadme(t *testing.T) {
	doc := readPage(t, "README.md")
	newNamespaces(t)
	admin, jane := newReader(t, ""), newReader(t, "jane")
	for _, r := range []*reader{admin, jane} {
		r.env = append(r.env, "KUBECTL_IMG_IMAGE=") // README.md says to export it
	}

	t.Run("install from source", func(t *testing.T) { typeSource(t, doc) })
	t.Run("two commands without a cluster", func(t *testing.T) {
		ci := strings.Split(read(t, "../../.ci/run"), "\n")
		for command := range strings.Lines(doc.take(t, "make demo").text) {
			if !slices.Contains(ci, strings.TrimSpace(command)) {
				t.Errorf(".ci/run does not run %q", command)
			}
		}
	})
	t.Run("four commands", func(t *testing.T) {
		export := doc.take(t, "export KUBECTL_IMG_IMAGE").text
		for _, r := range []*reader{admin, jane} {
			r.types(t, export).succeeds(t)
			r.types(t, "[ \"$KUBECTL_IMG_IMAGE\" = "+shared.BuilderImage+" ]").succeeds(t)
		}
		admin.types(t, doc.take(t, "--user jane --profiles |").text).succeeds(t)
		admin.types(t, "kubectl -n "+installers+" rollout status --timeout=90s daemonset/seccomp").succeeds(t)
		r := jane.types(t, doc.take(t, "kubectl img doctor -n ci --probe\n").text).succeeds(t)
		if !strings.Contains(r.stdout, "profile userns") || strings.Contains(r.stdout, "\nfail") {
			t.Errorf("doctor says:\n%s", r.stdout)
		}
		r = jane.types(t, doc.take(t, "kubectl img build -n ci -t registry.example.com/team/app:1 .\n").text).succeeds(t)
		r.pushed(t, shared.Registry+"/team/app", "1")
	})
	t.Run("the session", func(t *testing.T) {
		commands, output := doc.take(t, "$ kubectl img build").session()
		// The kubelet may need longer to end the pod than a reader needs to type the next command.
		const gone = "kubectl wait --for=delete pod -n ci -l app.kubernetes.io/managed-by=kubectl-img --timeout=30s >/dev/null 2>&1"
		r := jane.types(t, strings.Join(commands, "\n"+gone+"\n")).succeeds(t)
		r.pushed(t, shared.Registry+"/team/hello", "1")
		checkOutput(t, output, strings.ReplaceAll(inOrder(r), shared.Registry, "registry.example.com"))
	})
	doc.untaken(t)
}

// newNamespaces removes the namespaces of the documentation before and after the test, and then restores the node's seccomp profile.
func newNamespaces(t *testing.T) {
	t.Helper()
	keepProfileFile(t)
	removeAndWait(t, readmeNamespace)
	removeAndWait(t, installers)
}

// typeSource clones and builds the plugin as a page says, and then with each alternative that the page offers.
func typeSource(t *testing.T, doc *page) {
	b := doc.take(t, "make build\n")
	builder := newReader(t, "")
	builder.dir, builder.patience = t.TempDir(), 10*time.Minute // it compiles
	// Go finds its caches by these.
	builder.env = append(builder.env, "HOME="+os.Getenv("HOME"), "XDG_CACHE_HOME="+os.Getenv("XDG_CACHE_HOME"))
	if got := builder.types(t, b.text).succeeds(t).stdout; !strings.Contains(got, "kubectl img ") {
		t.Errorf("kubectl img version says %q", got)
	}
	if len(b.alternatives()) == 0 {
		t.Error("the block offers no alternative")
	}
	to := t.TempDir()
	for _, command := range b.alternatives() {
		builder.types(t, "cd kubectl-img\nDESTDIR="+to+"\n"+command).succeeds(t)
	}
	if _, err := os.Stat(filepath.Join(to, "kubectl-img")); err != nil {
		t.Error(err)
	}
}

// inOrder is what a terminal shows of a build and the command after it: progress on stderr comes before the digest.
func inOrder(r result) string {
	notice := "No resources found"
	before, after, _ := strings.Cut(r.stderr, notice)
	return before + r.stdout + notice + after
}

// pushed checks that the last line of stdout is the digest that the registry has under the tag.
func (r result) pushed(t *testing.T, repository, tag string) {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(r.stdout), "\n")
	if want := repository + "@" + digestOf(t, repository+":"+tag); lines[len(lines)-1] != want {
		t.Errorf("stdout is %q, want %q at the end", r.stdout, want)
	}
}
