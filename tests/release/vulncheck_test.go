package release_test

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestVulnerabilities expects that the script fails for code that reaches GO-2021-0113, unless there is an exception with a reason, and for an
// exception that is not needed.
func TestVulnerabilities(t *testing.T) {
	module, exceptions := t.TempDir(), filepath.Join(t.TempDir(), "exceptions")
	files := map[string]string{
		"go.mod":  "module example.com/old\n\ngo 1.26\n\nrequire golang.org/x/text v0.3.5\n",
		"main.go": "package main\n\nimport \"golang.org/x/text/language\"\n\nfunc main() { _, _, _ = language.ParseAcceptLanguage(\"en\") }\n",
	}
	for name, content := range files {
		write(t, filepath.Join(module, name), content)
	}
	output(t, module, nil, "go", "mod", "tidy")
	const known, other, stale = "GO-2021-0113", "GO-2022-1059", "GO-2020-0015"
	for _, tc := range []struct{ name, exceptions, want string }{
		{"no exception", "", known + " is reached by our code"},
		{"exception without a reason", known + "\n" + other + " x\n", known + " is excepted without a reason"},
		{"exception that is not needed", known + " x\n" + other + " x\n" + stale + " x\n", stale + " is excepted and not found any more"},
		{"exception with a reason", known + " of no use to anybody\n" + other + " the same\n", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			write(t, exceptions, "# header\n"+tc.exceptions)
			script := root("tools", "vulncheck.sh")
			if tc.want == "" {
				output(t, ".", nil, script, module, exceptions)
				return
			}
			if out := fails(t, nil, script, module, exceptions); !strings.Contains(out, tc.want) {
				t.Errorf("lacks %q:\n%s", tc.want, out)
			}
		})
	}
	t.Run("program that go.mod names as a tool", func(t *testing.T) {
		tool := t.TempDir()
		write(t, filepath.Join(tool, "go.mod"), "module example.com/tool\n\ngo 1.26\n\ntool example.com/old\n\nrequire example.com/old v0.0.0\n\nreplace example.com/old => "+module+"\n")
		write(t, exceptions, "")
		output(t, tool, nil, "go", "mod", "tidy")
		if out, want := fails(t, nil, root("tools", "vulncheck.sh"), tool, exceptions), known+" is reached by our code"; !strings.Contains(out, want) {
			t.Errorf("lacks %q:\n%s", want, out)
		}
	})
}

// TestVulncheckCoversImages checks that `make vulncheck` checks the plugin and every program that the builder image's Dockerfile compiles, and that
// each of them has a list of exceptions.
func TestVulncheckCoversImages(t *testing.T) {
	dockerfile, err := os.ReadFile(root("images", "builder", "Dockerfile"))
	if err != nil {
		t.Fatal(err)
	}
	compiled := regexp.MustCompile(`(?m)^RUN \./compile\.sh /out (.+)$`).FindSubmatch(dockerfile)
	if compiled == nil {
		t.Fatal("the Dockerfile compiles nothing")
	}
	programs := strings.Fields(string(compiled[1]))
	modules, lists := []string{"."}, []string{"plugin.exceptions"}
	for _, program := range programs {
		modules, lists = append(modules, "images/builder/"+program), append(lists, program+".exceptions")
	}
	target := regexp.MustCompile(`for module in (.+?); do`).FindStringSubmatch(output(t, root(), nil, "make", "-n", "vulncheck"))
	if target == nil {
		t.Fatal("make vulncheck has no loop over modules")
	}
	checked := strings.Fields(target[1])
	files, err := filepath.Glob(root("tools", "vulncheck", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for i, file := range files {
		files[i] = path.Base(file)
	}
	for _, list := range [][]string{modules, lists, checked, files} {
		slices.Sort(list)
	}
	if diff := cmp.Diff(modules, checked); diff != "" {
		t.Errorf("modules that make vulncheck checks (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(lists, files); diff != "" {
		t.Errorf("lists of exceptions (-want +got):\n%s", diff)
	}
}

func write(t *testing.T, file, content string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}
