// Package release_test checks the workflows that build and publish a release, and what keeps their parts up to date.
package release_test

import (
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
)

var root = filepath.Join("..", "..")

// workflow has the fields of a GitHub workflow that matter for security.
type workflow struct {
	Permissions map[string]string `json:"permissions"`
	Jobs        map[string]job    `json:"jobs"`
}

type job struct {
	Permissions map[string]string `json:"permissions"`
	Steps       []step            `json:"steps"`
}

type step struct {
	Uses string            `json:"uses"`
	Run  string            `json:"run"`
	With map[string]any    `json:"with"`
	Env  map[string]string `json:"env"`
}

// workflows returns the workflows, and their texts, by the names of their files.
func workflows(t *testing.T) (parsed map[string]workflow, texts map[string]string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, ".github", "workflows", "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%v, %d workflows", err, len(files))
	}
	parsed, texts = map[string]workflow{}, map[string]string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var w workflow
		if err := yaml.Unmarshal(text, &w); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		parsed[filepath.Base(file)], texts[filepath.Base(file)] = w, string(text)
	}
	return parsed, texts
}

func TestWorkflowActionsPinned(t *testing.T) {
	_, texts := workflows(t)
	pinned := regexp.MustCompile(`^uses: [\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$`)
	for name, text := range texts {
		for line := range strings.Lines(text) {
			if line = strings.TrimPrefix(strings.TrimSpace(line), "- "); strings.HasPrefix(line, "uses:") && !pinned.MatchString(line) {
				t.Errorf("%s: %q has no commit with its version as a comment", name, line)
			}
		}
	}
}

// TestWorkflowPermissions checks that no job which runs code of the repository can write anything or has a token.
func TestWorkflowPermissions(t *testing.T) {
	parsed, _ := workflows(t)
	for file, w := range parsed {
		if w.Permissions == nil || len(w.Permissions) > 0 {
			t.Errorf("%s: permissions %v, want {}", file, w.Permissions)
		}
		for name, j := range w.Jobs {
			t.Run(file+"/"+name, func(t *testing.T) {
				if len(j.Permissions) == 0 {
					t.Error("no permissions of its own")
				}
				if runsRepository(j) {
					j.checkPowerless(t)
				}
			})
		}
	}
}

// runsRepository reports whether the job has the repository's files and runs commands.
func runsRepository(j job) bool {
	checkedOut := slices.ContainsFunc(j.Steps, func(s step) bool { return strings.HasPrefix(s.Uses, "actions/checkout@") })
	return checkedOut && slices.ContainsFunc(j.Steps, func(s step) bool { return s.Run != "" })
}

func (j job) checkPowerless(t *testing.T) {
	t.Helper()
	if diff := cmp.Diff(map[string]string{"contents": "read"}, j.Permissions); diff != "" {
		t.Errorf("runs code of the repository with these permissions (-want +got):\n%s", diff)
	}
	for _, s := range j.Steps {
		if strings.HasPrefix(s.Uses, "actions/checkout@") && s.With["persist-credentials"] != false {
			t.Error("the checkout keeps its token in .git/config")
		}
		for name, value := range s.Env {
			if strings.Contains(value, "secrets.") || strings.Contains(value, "github.token") {
				t.Errorf("%s is a secret", name)
			}
		}
	}
}

// TestWorkflowExpressions checks that GitHub inserts no text into a script. Names of branches and tags can contain shell commands.
func TestWorkflowExpressions(t *testing.T) {
	parsed, _ := workflows(t)
	for file, w := range parsed {
		for name, j := range w.Jobs {
			for _, s := range j.Steps {
				if strings.Contains(s.Run, "${{") {
					t.Errorf("%s: job %s inserts an expression into a script: %q", file, name, s.Run)
				}
			}
		}
	}
}

// TestReleaseImagesPlatforms checks that the builder images are built for both platforms, and that the copy to the registry keeps both.
func TestReleaseImagesPlatforms(t *testing.T) {
	parsed, _ := workflows(t)
	for name, want := range map[string]string{"build-images": "--platform linux/amd64,linux/arm64 ", "publish-images": "skopeo copy --all "} {
		if !slices.ContainsFunc(parsed["release.yml"].Jobs[name].Steps, func(s step) bool { return strings.Contains(s.Run, want) }) {
			t.Errorf("no step of job %s has %q", name, want)
		}
	}
}

// unmaintained lists directories without updates, with the reason.
var unmaintained = map[string]string{
	"/tests/cluster/tools/legacy-img":   "img v0.5.11 and its dependencies are frozen; newer ones do not compile",
	"/tests/cluster/tools/legacy-runc":  "runc v1.1.11 is there because it can be attacked",
	"/tests/skew/tools/kubernetes-1.30": "tests/skew names the release",
	"/tests/skew/tools/kubernetes-1.32": "tests/skew names the release",
	"/tests/skew/tools/kubernetes-1.34": "tests/skew names the release",
	"/tests/skew/tools/kubernetes-1.36": "tests/skew names the release",
	"/tools/kaniko":                     "kaniko is archived, and v1.24.0 is its last version",
}

// TestDependabot checks that every Go module, Dockerfile and npm package of ours gets updates, and every workflow.
func TestDependabot(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, ".github", "dependabot.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var config struct {
		Updates []struct {
			Ecosystem   string   `json:"package-ecosystem"`
			Directory   string   `json:"directory"`
			Directories []string `json:"directories"`
		} `json:"updates"`
	}
	if err := yaml.Unmarshal(text, &config); err != nil {
		t.Fatal(err)
	}
	got := map[string][]string{}
	for _, u := range config.Updates {
		for _, dir := range append(u.Directories, u.Directory) {
			if dir != "" {
				got[u.Ecosystem] = append(got[u.Ecosystem], dir)
			}
		}
	}
	want := map[string][]string{"github-actions": {"/"}}
	for _, file := range trackedFiles(t) {
		ecosystem := map[string]string{"go.mod": "gomod", "Dockerfile": "docker", "package.json": "npm"}[path.Base(file)]
		dir := path.Join("/", path.Dir(file))
		if ecosystem != "" && !strings.Contains(file, "/testdata/") && unmaintained[dir] == "" {
			want[ecosystem] = append(want[ecosystem], dir)
		}
	}
	for _, dirs := range []map[string][]string{got, want} {
		for ecosystem := range dirs {
			slices.Sort(dirs[ecosystem])
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("directories by ecosystem (-want +got):\n%s", diff)
	}
}

func trackedFiles(t *testing.T) []string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", "ls-files")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("list the files of the checkout: %v", err)
	}
	return strings.Fields(string(out))
}
