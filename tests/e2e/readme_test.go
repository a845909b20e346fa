package e2e_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestReadme types the commands of README.md, as they stand, but for the names that are the reader's own. It is not parallel: it applies
// the installer, whose removal takes the seccomp profile from the node.
func TestReadme(t *testing.T) {
	doc := readReadme(t)
	keepProfileFile(t)
	removeAndWait(t, readmeNamespace)
	removeAndWait(t, installers)
	admin, jane := newReader(t, ""), newReader(t, "jane")

	t.Run("install from source", func(t *testing.T) {
		b := doc.take(t, "make build\n")
		root, err := filepath.Abs("../..")
		if err != nil {
			t.Fatal(err)
		}
		builder := newReader(t, "")
		builder.dir, builder.patience = root, 10*time.Minute         // it compiles
		builder.env = append(builder.env, "HOME="+os.Getenv("HOME")) // Go's caches
		if got := builder.types(t, b.text).succeeds(t).stdout; !strings.Contains(got, "kubectl img ") {
			t.Errorf("kubectl img version says %q", got)
		}
		if len(b.alternatives()) == 0 {
			t.Error("the block offers no alternative")
		}
		to := t.TempDir()
		for _, command := range b.alternatives() {
			builder.types(t, "DESTDIR="+to+"\n"+command).succeeds(t)
		}
		if _, err := os.Stat(filepath.Join(to, "kubectl-img")); err != nil {
			t.Error(err)
		}
	})
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
	t.Run("krew", func(t *testing.T) {
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
	})
	t.Run("two commands", func(t *testing.T) {
		ci, err := os.ReadFile("../../.ci/run")
		if err != nil {
			t.Fatal(err)
		}
		for command := range strings.Lines(doc.take(t, "make demo").text) {
			if !slices.Contains(strings.Split(string(ci), "\n"), strings.TrimSpace(command)) {
				t.Errorf(".ci/run does not run %q", command)
			}
		}
	})
	t.Run("set up", func(t *testing.T) {
		ours := doc.take(t, "--user jane --profiles |")
		admin.types(t, ours.text).succeeds(t)
		admin.types(t, doc.take(t, "--profile unconfined |").text).succeeds(t)
		jane.types(t, "kubectl img build --profile unconfined -q -t registry.example.com/team/app:0 .").succeeds(t)
		admin.types(t, ours.text).succeeds(t)
		admin.types(t, "kubectl -n "+installers+" rollout status --timeout=90s daemonset/seccomp").succeeds(t)
		if got := admin.types(t, doc.take(t, "--group team:web").text).succeeds(t).stdout; strings.Count(got, "\nkind: DaemonSet") != 1 {
			t.Errorf("not one DaemonSet in:\n%s", got)
		}
	})
	t.Run("build", func(t *testing.T) {
		jane.types(t, doc.take(t, "export KUBECTL_IMG_IMAGE").text).succeeds(t)
		jane.types(t, "[ \"$KUBECTL_IMG_IMAGE\" = "+shared.BuilderImage+" ]").succeeds(t)
		r := jane.types(t, doc.take(t, "kubectl img doctor -n ci --probe\n").text).succeeds(t)
		if !strings.Contains(r.stdout, "profile userns") || strings.Contains(r.stdout, "\nfail") {
			t.Errorf("doctor says:\n%s", r.stdout)
		}
		r = jane.types(t, doc.take(t, "kubectl img build -n ci -t registry.example.com/team/app:1 .\n").text).succeeds(t)
		r.pushed(t, shared.Registry+"/team/app", "1")
	})
	t.Run("a session", func(t *testing.T) {
		commands, output := doc.take(t, "$ kubectl img build").session()
		// The kubelet may take longer over the pod's end than a reader over the next command.
		const gone = "kubectl wait --for=delete pod -n ci -l app.kubernetes.io/managed-by=kubectl-img --timeout=30s >/dev/null 2>&1"
		r := jane.types(t, strings.Join(commands, "\n"+gone+"\n")).succeeds(t)
		r.pushed(t, shared.Registry+"/team/hello", "1")
		checkOutput(t, output, strings.ReplaceAll(inOrder(r), shared.Registry, "registry.example.com"))
	})
	t.Run("doctor", func(t *testing.T) {
		admin.types(t, `kubectl create role half -n ci --verb=create,get,list,watch,delete --resource=pods
			kubectl create role half-exec -n ci --verb=create --resource=pods/exec
			kubectl create rolebinding half -n ci --role=half --user=joe
			kubectl create rolebinding half-exec -n ci --role=half-exec --user=joe`).succeeds(t)
		commands, output := doc.take(t, "$ kubectl img doctor").session()
		checkOutput(t, output, newReader(t, "joe").types(t, strings.Join(commands, "\n")).stdout)
	})
	t.Run("dry run", func(t *testing.T) {
		r := jane.types(t, doc.take(t, "--dry-run").text).succeeds(t)
		if !strings.Contains(r.stdout, "kind: Pod") {
			t.Errorf("no pod in:\n%s", r.stdout)
		}
	})
	t.Run("detach", func(t *testing.T) {
		r := jane.types(t, doc.take(t, "--detach").text).succeeds(t)
		for _, part := range []string{"NAME ", "RUN cat /hello.txt", shared.Registry + "/team/app@" + digestOf(t, shared.Registry+"/team/app:1")} {
			if !strings.Contains(r.stdout+r.stderr, part) {
				t.Errorf("no %q in:\n%s%s", part, r.stdout, r.stderr)
			}
		}
	})
	t.Run("builder image", func(t *testing.T) { typeImage(t, doc) })
	t.Run("Workload Identity", func(t *testing.T) { typeGoogle(t, doc, admin) })
	doc.untaken(t)
}

// inOrder is what a terminal shows of a build and the command after it: stderr's progress comes before the digest.
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

// typeGoogle has the real gcloud talk to an emulated Google Cloud, and the build use its identity.
func typeGoogle(t *testing.T, doc *readme, admin *reader) {
	api, env := newGoogleAPI(t)
	m := newMetadata(t, "my-project.svc.id.goog", token{"ya29.first", 3599})
	g := newRegistryProxy(t, artifactRegistry, net.JoinHostPort(shared.HostIP, "443"), googleRule("_dcgcr_", "ya29.first"))
	// What a reader on GKE does not need, because Google's names lead to Google there.
	admin.env = append(admin.env, append(env, "KUBECTL_IMG_REGISTRY_CA="+g.CAFile, "KUBECTL_IMG_POD_TEMPLATE="+m.template(t, artifactRegistry))...)
	admin.names = strings.NewReplacer("$REGION-docker.pkg.dev/$PROJECT/images/builder:VERSION-gcr", shared.GCRImage)

	r := admin.types(t, doc.take(t, "principal://").text).succeeds(t)
	stored := shared.Registry + "/my-project/images/app"
	if want := artifactRegistry + "/my-project/images/app@" + digestOf(t, stored+":1"); !strings.Contains(r.stdout, want) {
		t.Errorf("no %q in:\n%s", want, r.stdout)
	}
	admin.types(t, doc.take(t, "gcloud iam service-accounts").text).succeeds(t)
	const repository, account = "projects/my-project/locations/europe-west1/repositories/images", "builder@my-project.iam.gserviceaccount.com"
	for _, want := range []string{
		repository + " roles/artifactregistry.writer principal://iam.googleapis.com/projects/" + googleProjectNumber + "/locations/global/workloadIdentityPools/my-project.svc.id.goog/subject/ns/ci/sa/builder",
		repository + " roles/artifactregistry.writer serviceAccount:" + account,
		"projects/my-project/serviceAccounts/" + account + " roles/iam.workloadIdentityUser serviceAccount:my-project.svc.id.goog[ci/builder]",
	} {
		if !slices.Contains(api.bindings, want) {
			t.Errorf("no binding %q, only %q", want, api.bindings)
		}
	}
	for _, want := range []string{repository, "projects/my-project/serviceAccounts/builder"} {
		if !slices.Contains(api.made, want) {
			t.Errorf("no %q made, only %q", want, api.made)
		}
	}
}
