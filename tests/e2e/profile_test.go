package e2e_test

import (
	"fmt"
	"regexp"
	"testing"
)

func TestProfile(t *testing.T) {
	t.Parallel()
	t.Run("namespace of its level", profileAllowed)
	t.Run("namespace of a stricter level", profileDenied)
	t.Run("engine is one process", profileEngineProcess)
}

// levels are the Pod Security levels that the profiles pass.
func levels() map[string]string {
	return map[string]string{"unconfined": privileged, "unset": baseline, "localhost": baseline, "restricted": restricted, "userns": baseline, "stock": baseline}
}

// look is a step that prints its process id and the first process that it sees.
const look = `RUN echo "my pid is $$" && echo "first process: $(tr '\0' ' ' </proc/1/cmdline | tr -d '\n' | cut -c 1-60)"`

func profileAllowed(t *testing.T) {
	t.Parallel()
	for profile, level := range levels() {
		t.Run(profile, func(t *testing.T) {
			t.Parallel()
			ns := namespace(t, level)
			r := build(ns, "-t", repository(ns), "--profile", profile, only(t, shell(look))).run(t).succeeds(t)
			own := regexp.MustCompile(`(?m) my pid is 1$`).MatchString(r.stderr)
			builder := regexp.MustCompile(`(?m) first process: sh .*supervis`).MatchString(r.stderr)
			agent := regexp.MustCompile(`(?m) first process: img slot `).MatchString(r.stderr)
			if own != (profile == "userns") || agent != (profile == "stock") || builder == (own || agent) {
				t.Errorf("a step is the first process of a pid namespace: %v; it sees the builder: %v, the agent: %v\n%s", own, builder, agent, r.stderr)
			}
			if digestOf(t, repository(ns)) == "" {
				t.Error("not pushed")
			}
		})
	}
}

func profileDenied(t *testing.T) {
	t.Parallel()
	dir := only(t, scratch("LABEL a=b"))
	for _, c := range []struct{ level, profile, said, hint string }{
		{baseline, "unconfined", "PodSecurity", "--profile userns"},
		{restricted, "unconfined", "PodSecurity", "--profile restricted"},
		{restricted, "userns", "PodSecurity", "--profile restricted"},
		{restricted, "stock", "refused by Pod Security", "--profile restricted"}, // with and without a user namespace
	} {
		t.Run(fmt.Sprintf("%s in %s", c.profile, c.level), func(t *testing.T) {
			t.Parallel()
			ns := namespace(t, c.level)
			r := build(ns, "-t", repository(ns), "--profile", c.profile, dir).run(t)
			r.fails(t, codePolicy, c.said, c.level).hints(t, c.hint)
		})
	}
}

// profileEngineProcess counts the processes of the engine. If the engine entered its user namespace by itself, there would be a second process,
// which needs a CPU for as long as the build takes.
func profileEngineProcess(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	processes := `RUN for p in /proc/[0-9]*; do tr '\0' ' ' <$p/cmdline; echo; done | grep -c '^img-engine build ' >/count`
	build(ns, "-t", repository(ns), "--profile", "unconfined", only(t, shell(processes))).run(t).succeeds(t) // in this profile a step sees them
	if count := fileIn(t, pull(t, repository(ns)), "count"); count != "1\n" {
		t.Errorf("%q processes run the engine", count)
	}
}
