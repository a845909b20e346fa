package buildflags

import (
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"github.com/kubectl-img/kubectl-img/internal/build"
	"github.com/kubectl-img/kubectl-img/internal/cli"
)

// dockersFlags is every flag of `docker buildx build` and of the legacy `docker build` that is not ours,
// from https://docs.docker.com/reference/cli/docker/buildx/build/ and https://docs.docker.com/reference/cli/docker/build-legacy/
// and, for those that are gone, the sources of older releases; and registry-mirror, which is dockerd's.
func dockersFlags() []string {
	return strings.Fields(`add-host allow annotation attest build-arg build-context builder cache-from cache-to call cgroup-parent
		check compress cpu-period cpu-quota cpu-shares cpuset-cpus cpuset-mems debug detach disable-content-trust file force-rm iidfile
		invoke isolation label load memory memory-swap metadata-file network no-cache no-cache-filter on output platform policy print
		progress provenance pull push quiet registry-mirror resource rm root sbom secret security-opt server-config shm-size squash ssh stream tag target ulimit`)
}

func TestUnsupportedFlagsOfDocker(t *testing.T) {
	b := newBench(t)
	verb, _, err := b.command(func(*build.Plan) {}).Find([]string{"build"})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range dockersFlags() {
		if verb.Flags().Lookup(name) == nil {
			t.Errorf("--%s of docker is neither implemented nor listed as unsupported", name)
		}
	}
	verb.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Hidden && !slices.Contains(dockersFlags(), f.Name) {
			t.Errorf("--%s is listed as unsupported but is no flag of docker's", f.Name)
		}
	})
}

func TestUnsupportedFlags(t *testing.T) {
	for _, r := range unsupportedFlags() {
		forms := [][]string{{"--" + r.name, "id=x", "."}, {"--" + r.name + "=id=x", "."}, {".", "--" + r.name}, {"-t", "app", ".", "--" + r.name + "=false"}}
		if r.shorthand != "" {
			forms = append(forms, []string{"-" + r.shorthand, "1", "."}, []string{"-" + r.shorthand + "1", "."}, []string{".", "-q" + r.shorthand})
		}
		want := "error: --" + r.name + " " + r.reason + "\nhint: " + r.instead + "\n"
		for _, form := range forms {
			t.Run(strings.Join(form, " "), func(t *testing.T) {
				if report := newBench(t).unusable(t, append([]string{"build"}, form...)...); report != want {
					t.Errorf("report:\n%swant:\n%s", report, want)
				}
			})
		}
		t.Run(cli.Variable(r.name), func(t *testing.T) {
			report := newBench(t, cli.Variable(r.name)+"=1").unusable(t, "build", "-t", "app", ".")
			if !strings.HasPrefix(report, "error: "+cli.Variable(r.name)+" "+r.reason+"\n") {
				t.Errorf("report %q does not name the variable", report)
			}
		})
		if strings.TrimSpace(r.reason) == "" || strings.TrimSpace(r.instead) == "" {
			t.Errorf("--%s is unsupported without a reason or a way out", r.name)
		}
	}
}

// Layers, the history and caches keep what a step has read. Whoever can pull the image can read it.
func TestUnsupportedFlagsKeepSecretsOutOfLayers(t *testing.T) {
	for _, u := range unsupportedFlags() {
		if strings.Contains(u.instead, "stage that the final image") || strings.Contains(strings.ToLower(u.instead), "copy the file") {
			t.Errorf("--%s advises to put a file into a layer: %s", u.name, u.instead)
		}
	}
}
