package plugin

import (
	"regexp"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/kubectl-img/kubectl-img/internal/cli"
)

// pipelines are the CI systems that docs/ci.md has an example for.
const pipelines = 3

var yamlBlock = regexp.MustCompile("(?s)```yaml\n(.*?)```")

// TestPipelineSnippets parses the examples of docs/ci.md as YAML, and prints the pod of each of their builds.
func TestPipelineSnippets(t *testing.T) {
	page := readFile(t, "../docs/ci.md")
	b := newBench(t)
	blocks := yamlBlock.FindAllStringSubmatch(page, -1)
	if len(blocks) != pipelines {
		t.Errorf("docs/ci.md has %d examples, want %d", len(blocks), pipelines)
	}
	for _, block := range blocks {
		var document map[string]any
		if err := yaml.UnmarshalStrict([]byte(block[1]), &document); err != nil {
			t.Errorf("%v in:\n%s", err, block[1])
		}
		builds := buildsIn(document)
		if len(builds) == 0 {
			t.Errorf("no kubectl img build in:\n%s", block[1])
		}
		for _, args := range builds {
			if code := b.run(append([]string{"build", "--dry-run"}, args...)...); code != cli.CodeOK {
				t.Errorf("kubectl img build %q: %s", args, b.ErrOut)
			}
		}
	}
}

// A variable of the shell or of Tekton.
var scriptVariable = regexp.MustCompile(`\$\([A-Za-z_.]+\)|\$[A-Za-z_]+`)

// buildsIn returns the arguments of every `kubectl img build` in the strings of a document.
func buildsIn(value any) (builds [][]string) {
	switch value := value.(type) {
	case map[string]any:
		for _, v := range value {
			builds = append(builds, buildsIn(v)...)
		}
	case []any:
		for _, v := range value {
			builds = append(builds, buildsIn(v)...)
		}
	case string:
		for line := range strings.Lines(value) {
			if _, args, found := strings.Cut(line, "kubectl img build "); found {
				args = scriptVariable.ReplaceAllString(strings.NewReplacer(`"`, "", ")\n", "").Replace(args), "x")
				builds = append(builds, strings.Fields(args))
			}
		}
	}
	return builds
}
