package e2e_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDocs types the commands of each page of docs. Only the reader's own names are replaced. It is not parallel: it applies the installer
// of the seccomp profile, whose removal takes the profile from the node.
func TestDocs(t *testing.T) {
	pages := map[string]func(*testing.T, *page){
		"docs/install.md":        typeInstall,
		"docs/clusters.md":       typeClusters,
		"docs/how-it-works.md":   typeHowItWorks,
		"docs/registry-login.md": typeRegistryLogin,
		"docs/ci.md":             typePipelines,
		"docs/releasing.md":      typeReleasing,
	}
	newNamespaces(t)
	newReader(t, "").types(t, "kubectl img setup -n ci --user jane --profiles | kubectl apply -f -\n"+
		"kubectl -n "+installers+" rollout status --timeout=90s daemonset/seccomp").succeeds(t)
	for _, path := range documentation(t)[1:] {
		doc := readPage(t, path)
		if len(doc.commands()) == 0 {
			continue
		}
		t.Run(strings.TrimPrefix(path, "docs/"), func(t *testing.T) {
			if pages[path] == nil {
				t.Fatal("no test types the commands of this page")
			}
			pages[path](t, doc)
			doc.untaken(t)
		})
	}
}

func typeInstall(t *testing.T, doc *page) {
	t.Run("from source", func(t *testing.T) { typeSource(t, doc) })
	t.Run("from a krew index", func(t *testing.T) { typeKrewIndex(t, doc) })
	t.Run("completion", func(t *testing.T) {
		typist := newReader(t, "")
		own := t.TempDir()
		if err := os.Link(filepath.Join(bin, "kubectl-img"), filepath.Join(own, "kubectl-img")); err != nil {
			t.Fatal(err)
		}
		typist.env = append(typist.env, "PATH="+own+":"+shared.Bin+":"+os.Getenv("PATH"))
		typist.types(t, doc.take(t, "kubectl img completion install").text).succeeds(t)
		typist.types(t, "mkdir -p ~/.krew/bin").succeeds(t)
		typist.types(t, doc.take(t, "~/.krew/bin/kubectl_complete-img").text).succeeds(t)
		for _, dir := range []string{own, "~/.krew/bin"} {
			got := typist.types(t, "PATH="+dir+":$PATH kubectl __complete img build --profile ''").succeeds(t).stdout
			if !strings.Contains(got, "userns") {
				t.Errorf("%s completes %q", dir, got)
			}
		}
	})
	t.Run("builder image", func(t *testing.T) { typeImage(t, doc) })
}

// typeKrewIndex installs the plugin from an index that stands for the project's own.
func typeKrewIndex(t *testing.T, doc *page) {
	archives := t.TempDir()
	server := httptest.NewServer(http.FileServer(http.Dir(archives)))
	t.Cleanup(server.Close)
	index := newIndex(t)
	index.publish(t, pack(t, archives, "0.1.0", server.URL).manifest)
	user, typist := newKrewUser(t), newReader(t, "")
	typist.env = append(typist.env, user.env...)
	typist.names = strings.NewReplacer("https://github.com/kubectl-img/krew-index", index.url())
	typist.types(t, doc.take(t, "krew index add").text).succeeds(t)
	user.hasVersion(t, "0.1.0")
}

func typeHowItWorks(t *testing.T, doc *page) {
	jane := newReader(t, "jane")
	t.Run("dry run", func(t *testing.T) {
		r := jane.types(t, doc.take(t, "--dry-run").text).succeeds(t)
		if !strings.Contains(r.stdout, "kind: Pod") {
			t.Errorf("no pod in:\n%s", r.stdout)
		}
	})
	t.Run("detached build", func(t *testing.T) {
		r := jane.types(t, doc.take(t, "--detach").text).succeeds(t)
		for _, part := range []string{"NAME ", "RUN cat /hello.txt", shared.Registry + "/team/app@" + digestOf(t, shared.Registry+"/team/app:1")} {
			if !strings.Contains(r.stdout+r.stderr, part) {
				t.Errorf("no %q in:\n%s%s", part, r.stdout, r.stderr)
			}
		}
	})
}

// typeReleasing plays the part of GitHub: its client copies the files of a release.
func typeReleasing(t *testing.T, doc *page) {
	t.Run("try the draft", func(t *testing.T) {
		archives, user, maintainer := t.TempDir(), newKrewUser(t), newReader(t, "")
		release := pack(t, archives, "0.1.0", "https://github.example.com")
		maintainer.dir = t.TempDir()
		maintainer.env = append(maintainer.env, user.env...)
		maintainer.install(t, "gh", `[ "$1 $2 $3 $4 $6" = "release download v0.1.0 --pattern --pattern" ] || exit 1
cd '`+filepath.Dir(release.manifest)+`' && cp $5 '`+maintainer.dir+`'
cd '`+archives+`' && cp $7 '`+maintainer.dir+`'
`)
		maintainer.names = strings.NewReplacer("vX.Y.Z", "v0.1.0")
		user.kubectl(t, "krew", "update") // krew installs nothing without an index
		if got := maintainer.types(t, doc.take(t, "gh release download").text).succeeds(t).stdout; !strings.Contains(got, "0.1.0 (commit ") {
			t.Errorf("version %q", got)
		}
	})
	t.Run("a custom index", func(t *testing.T) { typeKrewIndex(t, doc) })
}
