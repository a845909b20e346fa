package plugin

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/version"
	"sigs.k8s.io/yaml"

	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/internal/clitest"
)

// serving answers every request as an API server of a version does.
func serving(t *testing.T, gitVersion string) (flag string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/version" {
			t.Errorf("asked for %s", r.URL)
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"major":"1","minor":"37","gitVersion":%q,"goVersion":"go1.26"}`, gitVersion)
	}))
	t.Cleanup(server.Close)
	return "--server=" + server.URL
}

func TestVersionClient(t *testing.T) {
	b := newBench(t) // no server answers here
	if code := b.run("version", "--client"); code != cli.CodeOK || b.ErrOut.Len() > 0 {
		t.Errorf("exit code %d, stderr %q", code, b.ErrOut)
	}
	want := regexp.MustCompile(`^kubectl img ` + regexp.QuoteMeta(Version) + ` \(commit \S+\)\nbuilt with: go\S+ for \w+/\w+\nbuilder image: ` +
		regexp.QuoteMeta(defaultImage()) + "\n$")
	if !want.MatchString(b.Out.String()) {
		t.Errorf("printed %q", b.Out)
	}
	newBench(t).unusable(t, "version", "now")
	newBench(t).unusable(t, "version", "-o", "table")
}

func TestVersionServer(t *testing.T) {
	b := newBench(t, "KUBECTL_IMG_IMAGE=registry.example.com/builder:7")
	if code := b.run("version", serving(t, "v1.37.2")); code != cli.CodeOK || b.ErrOut.Len() > 0 {
		t.Errorf("exit code %d, stderr %q", code, b.ErrOut)
	}
	if !strings.HasSuffix(b.Out.String(), "\nserver: v1.37.2\nbuilder image: registry.example.com/builder:7\n") {
		t.Errorf("printed %q", b.Out)
	}
}

func TestVersionForPrograms(t *testing.T) {
	for _, format := range []string{outputJSON, outputYAML} {
		b := newBench(t)
		if code := b.run("version", serving(t, "v1.36.1-gke.7"), "-o", format); code != cli.CodeOK || b.ErrOut.Len() > 0 {
			t.Errorf("%s: exit code %d, stderr %q", format, code, b.ErrOut)
		}
		if json.Valid(b.Out.Bytes()) != (format == outputJSON) {
			t.Errorf("not %s: %s", format, b.Out)
		}
		var v versions
		if err := yaml.UnmarshalStrict(b.Out.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		if v.ClientVersion.GitVersion != Version || v.ServerVersion.GitVersion != "v1.36.1-gke.7" || v.BuilderImage != defaultImage() {
			t.Errorf("%s: %+v", format, v)
		}
	}
}

// What is known is printed before the run fails, as kubectl does.
func TestVersionWithoutItsServer(t *testing.T) {
	b := newBench(t)
	if code := b.run("version"); code != cli.CodeTemporary {
		t.Errorf("exit code %d", code)
	}
	clitest.CheckReport(t, b.ErrOut.String())
	if !strings.Contains(b.ErrOut.String(), "127.0.0.1:1 was refused") || !strings.HasPrefix(b.Out.String(), "kubectl img "+Version) {
		t.Errorf("stdout %q, stderr %q", b.Out, b.ErrOut)
	}
}

func TestVersionSkew(t *testing.T) {
	for server, warned := range map[string]bool{
		"v1.29.14": true, "v1.30.0": false, "v1.37.2": false, "v1.38.0-alpha.1": true, "v1.39.0": true, "v2.0.0": true,
		"v1.31.4-gke.1183000": false, "v1.30+": false, "nonsense": false,
	} {
		b := newBench(t)
		if code := b.run("version", serving(t, server)); code != cli.CodeOK {
			t.Errorf("%s: exit code %d", server, code)
		}
		want := ""
		if warned {
			want = "warning: the server is Kubernetes " + server + "; this version of kubectl img supports 1.30 to 1.37\n"
		}
		if b.ErrOut.String() != want {
			t.Errorf("%s: stderr %q, want %q", server, b.ErrOut, want)
		}
	}
}

// TestVersionSkewWasRun compares both numbers with the records of `make skew`, and with README.
func TestVersionSkewWasRun(t *testing.T) {
	files, err := filepath.Glob("../docs/compatibility/kubernetes-*.json")
	if err != nil {
		t.Fatal(err)
	}
	var minors []int
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var record struct{ Kubernetes string }
		if err := json.Unmarshal(data, &record); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		minors = append(minors, int(version.MustParseGeneric(record.Kubernetes).Minor()))
	}
	if len(minors) == 0 || slices.Min(minors) != oldestServer || slices.Max(minors) != newestServer {
		t.Errorf("make skew has run the minor versions %d, the range is %d to %d", minors, oldestServer, newestServer)
	}
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("Kubernetes 1.%d to 1.%d", oldestServer, newestServer); !strings.Contains(string(readme), want) {
		t.Errorf("README.md does not say %q", want)
	}
}
