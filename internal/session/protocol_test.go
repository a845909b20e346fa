package session

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-img/kubectl-img/internal/registryauth/google"
	"github.com/kubectl-img/kubectl-img/internal/session/supervisor"
)

// firstColumn returns the words in code spans that begin the rows of a section's table.
func firstColumn(t *testing.T, section string) []string {
	t.Helper()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(text), "\n## "+section+"\n")
	if !found {
		t.Fatalf("README.md has no section %s", section)
	}
	rest, _, _ = strings.Cut(rest, "\n## ")
	var words []string
	for _, match := range regexp.MustCompile("(?m)^\\| `(\\w+)").FindAllStringSubmatch(rest, -1) {
		words = append(words, match[1])
	}
	slices.Sort(words)
	return words
}

// framesOfImg returns the kinds that img's receiver knows.
func framesOfImg(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("../../images/builder/img/receive/frames.go")
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, match := range regexp.MustCompile(`case kind == "([a-z]+)"`).FindAllStringSubmatch(string(text), -1) {
		kinds = append(kinds, match[1])
	}
	slices.Sort(kinds)
	return kinds
}

// Both ends have exactly the words of README.md.
func TestProtocol(t *testing.T) {
	script := supervisor.Script("login_example() { :; }", google.Google{}.Description().Script)
	found := func(pattern string) []string {
		var words []string
		for _, match := range regexp.MustCompile(pattern).FindAllStringSubmatch(script, -1) {
			words = append(words, match[1])
		}
		slices.Sort(words)
		return slices.Compact(words)
	}
	compare := func(name string, want, got []string) {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-README.md +code):\n%s", diff)
			}
		})
	}
	events := firstColumn(t, "Events")
	compare("events of the supervisor", events, slices.Sorted(slices.Values(append(found(`(?m)^[^#\n]*\bevent "?([a-z]+)`), "alive"))))
	known := append(slices.Collect(maps.Keys(New(nil, 0, Handlers{}).onEvents)), eventResult, eventAlive)
	compare("events of the client", events, slices.Sorted(slices.Values(known)))
	shellFrames := found(`(?m)^\t\t([a-z]+):\*\) .*(?:copy_bytes|sum)`)
	compare("frames of the shell", slices.DeleteFunc(firstColumn(t, "Frames"), func(kind string) bool { return kind == takesZstd }), shellFrames)
	compare("frames of img", firstColumn(t, "Frames"), framesOfImg(t))
	for _, section := range []string{"Commands", "Job"} {
		compare("functions of "+section, firstColumn(t, section), slices.DeleteFunc(firstColumn(t, section), func(name string) bool {
			return !strings.Contains(script, "\n"+strings.Replace(name, "CLOUD", "example", 1)+"() {")
		}))
	}
}
