package e2e_test

import (
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-img/kubectl-img/tests/cluster/program"
)

func TestHostileStep(t *testing.T) {
	t.Parallel()
	t.Run("attacks", hostileAttacks)
	t.Run("kills the builder", hostileKills)
}

// attacks are, by profile, the attacks of a build step that succeed: the table of SECURITY.md.
func attacks() map[string][]string {
	seen := []string{"kill", "see"}
	return map[string][]string{"userns": nil, "stock": nil, "localhost": seen, "unset": seen, "restricted": seen, "unconfined": seen}
}

var (
	attacked   = regexp.MustCompile(`attack (\w+) true`)
	attackLine = regexp.MustCompile(`\b(attack|tried) \w+`)
)

// succeededAttacks are the attacks that succeeded, according to the output of the program.
func succeededAttacks(output string) []string {
	found := map[string]bool{}
	for _, m := range attacked.FindAllStringSubmatch(output, -1) {
		found[m[1]] = true
	}
	return slices.Sorted(maps.Keys(found))
}

// attackLines are the lines in which a program says how its attacks ended.
func attackLines(output string) []string {
	return slices.DeleteFunc(strings.Split(output, "\n"), func(line string) bool { return !attackLine.MatchString(line) })
}

// inPod runs a command beside the steps of a build, as the builder's user, and returns its output.
func inPod(t *testing.T, pod *corev1.Pod, command ...string) string {
	t.Helper()
	args := append([]string{"exec", "-n", pod.Namespace, pod.Name, "--"}, command...)
	beside := call{program: filepath.Join(shared.Bin, "kubectl"), args: args}
	out, err := program.Output(beside.command(t.Context(), t))
	if err != nil {
		t.Error(err)
	}
	return out
}

// hostileContext is a context with the program that attacks.
func hostileContext(t *testing.T, dockerfile string) string {
	t.Helper()
	dir := only(t, dockerfile)
	if err := program.Compile(t.Context(), ".", "../hostile", filepath.Join(dir, "hostile")); err != nil {
		t.Fatal(err)
	}
	return dir
}

// hostileAttacks runs the same program in a step and, as the builder's user, next to the step. There every attack must succeed: it shows that an
// attack that fails in the step is one that works.
func hostileAttacks(t *testing.T) {
	t.Parallel()
	for profile, want := range attacksHere(t) {
		t.Run(profile, func(t *testing.T) {
			t.Parallel()
			ns := namespace(t, levels()[profile])
			g := newRegistryProxy(t, "target", hostAddress(), onlyFor("writer", "secret-of-the-target"))
			dir := hostileContext(t, shell("COPY hostile /", "RUN /hostile; echo begun-$((40+2)); sleep 1000"))
			p := build(ns, "-t", g.Host+"/e2e/"+ns, "--profile", profile, "--registry-ca", g.CAFile, dir).
				withHelper(t, map[string][2]string{g.Host: {"writer", "secret-of-the-target"}}).start(t)
			p.await(t, begun)
			out := inPod(t, onlyPod(t, ns), "/workspace/context/hostile")
			p.signal(t, syscall.SIGINT)
			r := p.wait(t).fails(t, codeInterrupted)

			if diff := cmp.Diff([]string{
				"credentials", "descriptors", "directory", "environment", "files", "kill", "make", "maps", "memory", "ptrace", "see", "vector",
			}, succeededAttacks(out)); diff != "" {
				t.Errorf("next to the step (-want +got):\n%s", diff)
			}
			if !strings.Contains(r.stderr, "attack credentials ") {
				t.Errorf("the step has not tried all attacks:\n%s", r.stderr)
			}
			if diff := cmp.Diff(want, succeededAttacks(r.stderr)); diff != "" {
				t.Errorf("in the step (-want +got):\n%s\n%s", diff, r.stderr)
			}
		})
	}
}

// hostileKills runs a step that kills all processes of the builder that it sees. The build must fail, even if the registry has an older image under
// its tag.
func hostileKills(t *testing.T) {
	t.Parallel()
	for profile, seen := range attacksHere(t) {
		victims := []string{"supervisor", "engine"}
		if profile == "restricted" {
			victims = append(victims, "ownership")
		}
		for _, victim := range victims {
			t.Run(profile+" and "+victim, func(t *testing.T) {
				t.Parallel()
				ns := namespace(t, levels()[profile])
				build(ns, "-t", repository(ns), "--profile", profile, smallContext(t)).run(t).succeeds(t)
				older := digestOf(t, repository(ns))
				dir := hostileContext(t, shell("COPY hostile /", "RUN /hostile "+victim+"; sleep 2; echo survived-$((40+2))"))
				r := build(ns, "-t", repository(ns), "--profile", profile, "--timeout", "60s", dir).run(t)
				switch {
				case seen == nil:
					r.succeeds(t).says(t, "survived-42")
				case victim == "supervisor":
					r.fails(t, codeInternal, "the job's shell was killed")
				default:
					r.fails(t, codeBuild, "Killed")
				}
				if seen != nil && digestOf(t, repository(ns)) != older {
					t.Errorf("pushed:\n%s", r.stderr)
				}
			})
		}
	}
}
