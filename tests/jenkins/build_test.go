package jenkins_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-img/kubectl-img/tests/cluster/clustertest"
)

// shown is a pipeline that prints the value of an expression, so that console.result can read it.
func shown(expression string) string {
	return "echo 'RESULT ' + groovy.json.JsonOutput.toJson(" + expression + ")\n"
}

// built is the result of imgBuild.
type built struct {
	Digest, Image, Reference string
	Metadata                 map[string]any
}

func busybox() string { return "FROM " + shared.Registry + "/busybox:1" }

func TestBuild(t *testing.T) {
	t.Parallel()
	t.Run("returns the digest that the registry has", buildResult)
	t.Run("quotes special characters", buildQuoting)
	t.Run("fails with the plugin's error line, and is not repeated", buildFailure)
	t.Run("wrong usage is not repeated", buildUsage)
	t.Run("several in parallel", buildAll)
}

func buildResult(t *testing.T) {
	t.Parallel()
	ns := namespace(t)
	c := job{
		namespace: ns, workspace: source(t, "FROM scratch", "LABEL a=b"),
		pipeline: shown("imgBuild(image: env.IMAGE, tags: ['1', 'two'], namespace: env.NAMESPACE, labels: [c: 'd'], target: null)"),
	}.run(t).succeeds(t)
	var got built
	c.result(t, &got)
	digest := clustertest.Digest(t, shared, repository(ns)+":1")
	if other := clustertest.Digest(t, shared, repository(ns)+":two"); other != digest {
		t.Errorf("the tags have digests %s and %s", digest, other)
	}
	want := built{digest, repository(ns), repository(ns) + "@" + digest, got.Metadata}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("result (-want +got):\n%s", diff)
	}
	if got.Metadata["image.name"] != repository(ns)+":1,"+repository(ns)+":two" || got.Metadata["containerimage.digest"] != digest {
		t.Errorf("metadata: %v", got.Metadata)
	}
	if diff := cmp.Diff(map[string]string{"a": "b", "c": "d"}, labelsOf(t, repository(ns)+":1")); diff != "" {
		t.Errorf("labels (-want +got):\n%s", diff)
	}
}

func buildQuoting(t *testing.T) {
	t.Parallel()
	ns := namespace(t)
	values := map[string]string{
		"QUOTES":   `it's "so" 'called'`,
		"DOLLARS":  "$HOME ${PATH} $$ $(id) `id`",
		"NEWLINES": "one\ntwo\n\n",
		"SPACES":   "  a  b\t",
		"DASHES":   "--push=false",
		"REST":     `\ \n * ? [a] {b,c} ~ # ; & | < > ! % ünï €`,
		"EMPTY":    "",
	}
	directory := "a dir's $HOME"
	dockerfile := "-the \"Dockerfile\""
	dir := source(t, "FROM nothing: this Dockerfile is not built")
	clustertest.WriteFile(t, filepath.Join(dir, directory, "file"), "")
	var lines, args, labels []string
	for key, value := range values {
		literal := groovy(value)
		lines = append(lines, "ARG "+key, `LABEL arg.`+key+`="${`+key+`}"`)
		args = append(args, key+": "+literal)
		labels = append(labels, "'label."+key+"': "+literal)
	}
	clustertest.WriteFile(t, filepath.Join(dir, dockerfile), "FROM scratch\n"+strings.Join(lines, "\n")+"\nCOPY file /\n")
	job{
		namespace: ns, workspace: dir,
		pipeline: "imgBuild(image: env.IMAGE, namespace: env.NAMESPACE, context: " + groovy(directory) + ", dockerfile: " + groovy(dockerfile) +
			", buildArgs: [" + strings.Join(args, ", ") + "], labels: [" + strings.Join(labels, ", ") + "])",
	}.run(t).succeeds(t)
	got := labelsOf(t, repository(ns))
	for key, value := range values {
		for _, way := range []string{"arg.", "label."} {
			if diff := cmp.Diff(value, got[way+key]); diff != "" {
				t.Errorf("%s%s (-want +got):\n%s", way, key, diff)
			}
		}
	}
}

// groovy writes a string literal.
func groovy(value string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`, "\n", `\n`, "\t", `\t`, "$", `\$`).Replace(value) + "'"
}

func buildFailure(t *testing.T) {
	t.Parallel()
	ns := namespace(t)
	c := job{
		namespace: ns, workspace: source(t, busybox(), "RUN echo said-$((40+2)); exit 7", "RUN true"),
		pipeline: "imgBuild(image: env.IMAGE, namespace: env.NAMESPACE)",
	}.run(t)
	c.fails(t, "error: build failed: ").says(t, "exit 7", "said-42").lacks(t, "attempt 1")
	if n := strings.Count(c.log, "created builder pod"); n != 1 {
		t.Errorf("%d builder pods, want one", n)
	}
	// The log has a line for each step. The output of the failed step is in front of the error, and nowhere else.
	steps := []string{"[1/3] FROM ", "[2/3] RUN echo said-$((40+2)); exit 7\n", "step 2/3 failed with exit code 7: Dockerfile:2\n", "its output:\n  said-42\n", "error: build failed: step 2/3 (Dockerfile:2): exit code 7"}
	rest := c.log
	for _, line := range steps {
		before, after, found := strings.Cut(rest, "\n"+line)
		if !found || strings.Contains(before, "said-42") || strings.Contains(before, "\n#") {
			t.Errorf("no %q after:\n%s", line, before)
		}
		rest = "\n" + after
	}
}

func buildUsage(t *testing.T) {
	t.Parallel()
	ns := namespace(t)
	c := job{
		namespace: ns, workspace: source(t, "FROM scratch"),
		pipeline: `catchError { imgBuild(image: env.IMAGE, extraArgs: ['--ssh=default']) }
			catchError { imgBuild(image: env.IMAGE, profile: 'none') }
			catchError { imgBuild(image: env.IMAGE, buildArg: [a: 'b']) }
			imgBuild(tags: ['1'])`,
	}.run(t)
	for _, line := range []string{
		"error: invalid value for --ssh: ", "error: invalid value \"none\" for --profile", "imgBuild: no such argument: buildArg\n", "imgBuild: the argument image is missing\n",
	} {
		c.fails(t, line)
	}
	c.lacks(t, "attempt 1", "created builder pod")
}

func buildAll(t *testing.T) {
	t.Parallel()
	ns := namespace(t)
	dir := source(t, "FROM nothing: this Dockerfile is not built")
	clustertest.WriteFile(t, filepath.Join(dir, "app", "Dockerfile"), "FROM scratch\nLABEL name=app\n")
	clustertest.WriteFile(t, filepath.Join(dir, "web", "Dockerfile"), "FROM scratch\nLABEL name=web\n")
	c := job{
		namespace: ns, workspace: dir,
		pipeline: shown(`imgBuildAll(
			app: [image: env.IMAGE + '/app', context: 'app', namespace: env.NAMESPACE],
			web: [image: env.IMAGE + '/web', context: 'web', namespace: env.NAMESPACE])`),
	}.run(t).succeeds(t)
	var got map[string]built
	c.result(t, &got)
	for _, name := range []string{"app", "web"} {
		image := repository(ns) + "/" + name
		if got[name].Reference != image+"@"+clustertest.Digest(t, shared, image) || labelsOf(t, image)["name"] != name {
			t.Errorf("%s: %+v", name, got[name])
		}
	}
}
