package docs_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// readmeLimit is what a reader reads in two minutes, in bytes.
const readmeLimit = 10_000

// page is a Markdown file without its code blocks.
type page struct {
	path    string // from the root of the repository
	text    string
	anchors []string
}

var heading = regexp.MustCompile(`^#{1,6} +(.*)$`)

func readPage(t *testing.T, path string) page {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("..", path))
	if err != nil {
		t.Fatal(err)
	}
	p, fenced := page{path: path}, false
	for line := range strings.Lines(string(content)) {
		switch found := heading.FindStringSubmatch(strings.TrimSpace(line)); {
		case strings.HasPrefix(strings.TrimSpace(line), "```"):
			fenced = !fenced
		case fenced:
		case found != nil:
			p.anchors = append(p.anchors, anchor(found[1], p.anchors))
			fallthrough
		default:
			p.text += line
		}
	}
	return p
}

// anchor is the name that GitHub gives a heading: lower case, without punctuation, hyphens for spaces, and a number if it is taken.
func anchor(heading string, taken []string) string {
	heading = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`).ReplaceAllString(heading, "$1")
	name := regexp.MustCompile(`[^\pL\pN _-]`).ReplaceAllString(strings.ToLower(heading), "")
	name = strings.ReplaceAll(name, " ", "-")
	unique := name
	for i := 1; slices.Contains(taken, unique); i++ {
		unique = name + "-" + strconv.Itoa(i)
	}
	return unique
}

// link matches [text](target), ![text](target), and the attributes of HTML.
var link = regexp.MustCompile(`\]\(([^)\s]+)\)|(?:href|src|srcset)="([^"]+)"`)

// links returns the targets in running text; what is in backquotes is not a link.
func (p page) links() []string {
	var targets []string
	for _, found := range link.FindAllStringSubmatch(regexp.MustCompile("`[^`\n]*`").ReplaceAllString(p.text, "code"), -1) {
		targets = append(targets, found[1]+found[2])
	}
	return targets
}

// allPages returns every Markdown file of the repository by its path.
func allPages(t *testing.T) map[string]page {
	t.Helper()
	pages := map[string]page{}
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && slices.Contains([]string{".git", "dist", "bin", "testdata", "node_modules", "vendor"}, entry.Name()):
			return filepath.SkipDir
		case strings.HasSuffix(path, ".md"):
			relative, err := filepath.Rel("..", path)
			if err != nil {
				return err
			}
			name := filepath.ToSlash(relative)
			pages[name] = readPage(t, name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return pages
}

// TestLinks follows each link to a file or a heading of this repository. It does not fetch links to other sites.
func TestLinks(t *testing.T) {
	t.Parallel()
	pages, followed := allPages(t), 0
	for _, p := range pages {
		for _, target := range p.links() {
			if strings.Contains(target, "://") || strings.HasPrefix(target, "mailto:") {
				continue
			}
			followed++
			file, fragment, _ := strings.Cut(target, "#")
			path := p.path
			if file != "" {
				path = filepath.ToSlash(filepath.Join(filepath.Dir(p.path), file))
			}
			if _, err := os.Stat(filepath.Join("..", path)); err != nil || strings.HasPrefix(path, "..") {
				t.Errorf("%s: the link %s leads to no file of the repository", p.path, target)
			} else if to, known := pages[path]; fragment != "" && known && !slices.Contains(to.anchors, fragment) {
				t.Errorf("%s: %s has no heading for the link %s, only %q", p.path, path, target, to.anchors)
			}
		}
	}
	if followed < 50 {
		t.Errorf("found only %d links", followed)
	}
}

func TestAnchor(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Quick start":                      "quick-start",
		"`auto`, the default":              "auto-the-default",
		"The pod's own check":              "the-pods-own-check",
		"Under [Pod Security](x.md) 1.35":  "under-pod-security-135",
		"Flags of `kubectl img build`":     "flags-of-kubectl-img-build",
		"Limits":                           "limits-1",
		"snake_case, kebab-case and Über!": "snake_case-kebab-case-and-über",
	} {
		if got := anchor(text, []string{"limits"}); got != want {
			t.Errorf("%q has the anchor %q, want %q", text, got, want)
		}
	}
}

// TestIndex checks that docs/README.md links to every page beside it, and README.md to the index.
func TestIndex(t *testing.T) {
	t.Parallel()
	pages := allPages(t)
	for path := range pages {
		name, ok := strings.CutPrefix(path, "docs/")
		if ok && name != "README.md" && !slices.Contains(pages["docs/README.md"].links(), name) {
			t.Errorf("docs/README.md has no link to %s", name)
		}
	}
	if !slices.Contains(pages["README.md"].links(), "docs/README.md") {
		t.Error("README.md has no link to docs/README.md")
	}
}

func TestReadmeIsShort(t *testing.T) {
	t.Parallel()
	info, err := os.Stat("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() > readmeLimit {
		t.Errorf("README.md has %d bytes, want %d at most. Move what is not needed in the first two minutes to a page of docs", info.Size(), readmeLimit)
	}
}
