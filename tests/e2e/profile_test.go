package e2e_test

import (
	"fmt"
	"regexp"
	"testing"
)

// levels is what each profile claims to pass.
func levels() map[string]string {
	return map[string]string{"unconfined": privileged, "unset": baseline, "localhost": baseline, "restricted": restricted, "userns": baseline}
}

// look is a step that says what it sees of processes.
const look = `RUN echo "my pid is $$" && echo "first process: $(tr '\0' ' ' </proc/1/cmdline | tr -d '\n' | cut -c 1-60)"`

func TestEachProfileBuildsWhereItsLevelIsEnforced(t *testing.T) {
	t.Parallel()
	for profile, level := range levels() {
		t.Run(profile, func(t *testing.T) {
			t.Parallel()
			ns := namespace(t, level)
			r := build(ns, "-t", repository(ns), "--profile", profile, only(t, shell(look))).run(t).succeeds(t)
			own := regexp.MustCompile(`(?m) my pid is 1$`).MatchString(r.stderr)
			builder := regexp.MustCompile(`(?m) first process: sh .*supervis`).MatchString(r.stderr)
			if sandboxed := profile == "userns"; own != sandboxed || builder == sandboxed {
				t.Errorf("a step is the first process of its own: %v; it sees the builder: %v\n%s", own, builder, r.stderr)
			}
			if digestOf(t, repository(ns)) == "" {
				t.Error("not pushed")
			}
		})
	}
}

func TestNamespaceRefusesAProfileBelowItsLevel(t *testing.T) {
	t.Parallel()
	dir := only(t, scratch("LABEL a=b"))
	for _, c := range []struct{ level, profile, hint string }{
		{baseline, "unconfined", "--profile userns"},
		{restricted, "unconfined", "--profile restricted"},
		{restricted, "userns", "--profile restricted"},
	} {
		t.Run(fmt.Sprintf("%s in %s", c.profile, c.level), func(t *testing.T) {
			t.Parallel()
			ns := namespace(t, c.level)
			r := build(ns, "-t", repository(ns), "--profile", c.profile, dir).run(t)
			r.fails(t, codePolicy, "PodSecurity", c.level).hints(t, c.hint)
		})
	}
}

// img that enters its user namespace by itself spins in a first process for as long as the second one builds.
func TestTheEngineIsOneProcess(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	processes := `RUN for p in /proc/[0-9]*; do tr '\0' ' ' <$p/cmdline; echo; done | grep -c '^img-engine build ' >/count`
	build(ns, "-t", repository(ns), "--profile", "unconfined", only(t, shell(processes))).run(t).succeeds(t) // where a step sees them
	if count := fileIn(t, pull(t, repository(ns)), "count"); count != "1\n" {
		t.Errorf("%q processes run the engine", count)
	}
}
