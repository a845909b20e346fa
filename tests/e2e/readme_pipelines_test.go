package e2e_test

import (
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// typePipelines runs the scripts of each example as its CI system does, with the service account of a job.
func typePipelines(t *testing.T, doc *page) {
	newReader(t, "").types(t, doc.take(t, "--serviceaccount runners:builder").text).succeeds(t)
	const account = "system:serviceaccount:runners:builder"
	t.Run("GitLab", func(t *testing.T) {
		var file map[string]struct {
			BeforeScript []string `json:"before_script"`
			Script       []string `json:"script"`
		}
		decode(t, doc.take(t, "before_script"), &file)
		job, runner := file["build-image"], newReader(t, account)
		runner.env = append(runner.env, "CI_REGISTRY="+shared.Registry, "CI_REGISTRY_USER=user", "CI_REGISTRY_PASSWORD=any",
			"CI_REGISTRY_IMAGE="+shared.Registry+"/team/gitlab", "CI_COMMIT_SHORT_SHA=0123abcd")
		r := runner.types(t, strings.Join(append(job.BeforeScript, job.Script...), "\n")).succeeds(t)
		r.pushed(t, shared.Registry+"/team/gitlab", "0123abcd")
		if !strings.Contains(read(t, filepath.Join(runner.dir, "image.json")), digestOf(t, shared.Registry+"/team/gitlab:0123abcd")) {
			t.Error("image.json lacks the digest")
		}
	})
	t.Run("GitHub", func(t *testing.T) {
		var workflow struct {
			Jobs map[string]struct {
				Steps []struct{ Run string }
			}
		}
		decode(t, doc.take(t, "runs-on"), &workflow)
		runner := newReader(t, account)
		output := filepath.Join(runner.dir, "..", "output")
		runner.env = append(runner.env, "TOKEN=any", "GITHUB_ACTOR=user", "GITHUB_REPOSITORY=team/github", "GITHUB_SHA=0123abcd", "GITHUB_OUTPUT="+output)
		for _, step := range workflow.Jobs["build"].Steps {
			runner.types(t, step.Run).succeeds(t)
		}
		image := shared.Registry + "/team/github"
		if got, want := read(t, output), "image="+image+"@"+digestOf(t, image+":0123abcd")+"\n"; got != want {
			t.Errorf("the step's output is %q, want %q", got, want)
		}
	})
	t.Run("Tekton", func(t *testing.T) {
		var task struct {
			Spec struct{ Steps []struct{ Script string } }
		}
		decode(t, doc.take(t, "tekton.dev"), &task)
		admin := newReader(t, "")
		admin.types(t, `kubectl img setup -n ci --serviceaccount ci:builder | kubectl apply -f -
kubectl create secret docker-registry keys -n ci --from-file=.dockerconfigjson="$HOME/.docker/config.json"`).succeeds(t)
		runner, results := newReader(t, "system:serviceaccount:ci:builder"), t.TempDir()
		defer func() { admin.types(t, "kubectl delete serviceaccount builder -n ci").succeeds(t) }() // registry-login.md creates one
		image := shared.Registry + "/team/tekton"
		runner.names = strings.NewReplacer("$(params.image)", image+":1", "$(results.", results+"/", ".path)", "")
		runner.types(t, task.Spec.Steps[0].Script).succeeds(t)
		if got := strings.TrimSpace(read(t, results+"/IMAGE_DIGEST")); got != digestOf(t, image+":1") {
			t.Errorf("digest %q, want %q", got, digestOf(t, image+":1"))
		}
		if got := read(t, results+"/IMAGE_URL"); got != image+":1" {
			t.Errorf("URL %q", got)
		}
	})
}

func decode(t *testing.T, b block, into any) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(b.text), into); err != nil {
		t.Fatal(err)
	}
}
