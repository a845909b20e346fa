package jenkins_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var groovyBlock = regexp.MustCompile("(?s)```groovy\n(.*?)```")

// TestReadmes runs every block of Groovy in the documentation, with the reader's own registry and namespace.
func TestReadmes(t *testing.T) {
	t.Parallel()
	for _, page := range []string{"docs/jenkins.md", "jenkins/README.md"} {
		content, err := os.ReadFile(filepath.Join("..", "..", page))
		if err != nil {
			t.Fatal(err)
		}
		blocks := groovyBlock.FindAllStringSubmatch(string(content), -1)
		if len(blocks) == 0 {
			t.Errorf("%s shows no Groovy", page)
		}
		for i, block := range blocks {
			t.Run(page+" "+strconv.Itoa(i), func(t *testing.T) {
				t.Parallel()
				ns := namespace(t)
				dockerfile := []string{"FROM scratch AS app", "ARG NPM_TOKEN", "LABEL a=b", "FROM scratch AS worker", "ARG MODE", "LABEL mode=$MODE"}
				job{
					namespace: ns, scm: source(t, dockerfile...),
					env:         map[string]string{"BUILD_NUMBER": "7"},
					credentials: map[string]string{"npm-token": "a-token"},
					pipeline:    strings.NewReplacer("registry.example.com/team", repository(ns), "-n ci", "-n "+ns, "'ci'", "'"+ns+"'").Replace(block[1]),
				}.run(t).succeeds(t)
			})
		}
	}
}
