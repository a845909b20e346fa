package e2e_test

import (
	"path/filepath"
	"testing"
)

func TestFrontends(t *testing.T) {
	t.Parallel()
	t.Run("foreign frontend", frontendForeign)
	t.Run("allowed", frontendAllowed)
	t.Run("not allowed", frontendNotAllowed)
	t.Run("engine that knows no list", frontendLegacy)
}

// withSyntax is a Dockerfile that a frontend reads. Its step is a heredoc, which the frontend has to know.
func withSyntax(frontend string) string {
	return "# syntax=" + frontend + "\n" + shell("RUN <<END", "echo made by a heredoc >/made", "END")
}

// frontendForeign builds with a frontend from an image, which runs like a step, under every profile.
func frontendForeign(t *testing.T) {
	t.Parallel()
	for profile, level := range levels() {
		t.Run(profile, func(t *testing.T) {
			t.Parallel()
			ns := namespace(t, level)
			build(ns, "-t", repository(ns), "--profile", profile, "--progress", "plain", only(t, withSyntax(frontendImage(t, "frontend")))).
				run(t).succeeds(t).says(t, "the foreign frontend runs")
			if made := fileIn(t, pull(t, repository(ns)), "made"); made != "made by a heredoc\n" {
				t.Errorf("made: %q", made)
			}
		})
	}
}

func frontendAllowed(t *testing.T) {
	t.Parallel()
	ns, frontend := namespace(t, privileged), frontendImage(t, "frontend")
	c := build(ns, "-t", repository(ns), "--progress", "plain", "--frontends", "docker/dockerfile,"+shared.Registry+"/e2e/frontend", only(t, withSyntax(frontend)))
	c.env = []string{"KUBECTL_IMG_FRONTENDS=" + frontend}
	c.run(t).succeeds(t).says(t, "the foreign frontend runs")
	// The engine's own frontend needs no permission.
	build(ns, "-t", repository(ns), "--frontends", "none", only(t, shell("RUN <<END", "true", "END"))).run(t).succeeds(t)
}

// frontendNotAllowed names frontends that are in no registry: an engine that asked for them would say that they are missing.
func frontendNotAllowed(t *testing.T) {
	t.Parallel()
	missing := shared.Registry + "/no/such/frontend:1"
	template := filepath.Join(t.TempDir(), "pod.yaml")
	write(t, template, "kind: Pod\napiVersion: v1\nspec: {containers: [{name: builder, env: [{name: IMG_FRONTENDS, value: none}]}]}\n")
	for name, c := range map[string]struct {
		args, env  []string
		dockerfile string
		want       string
	}{
		"none":                 {[]string{"--frontends", "none"}, nil, withSyntax(missing), "want none"},
		"another one":          {[]string{"--frontends", "docker/dockerfile"}, nil, withSyntax(missing), "want docker/dockerfile"},
		"another tag":          {[]string{"--frontends", shared.Registry + "/no/such/frontend:2"}, nil, withSyntax(missing), "/no/such/frontend:2"},
		"environment":          {nil, []string{"KUBECTL_IMG_FRONTENDS=none"}, withSyntax(missing), "want none"},
		"stricter environment": {[]string{"--frontends", missing}, []string{"KUBECTL_IMG_FRONTENDS=docker/dockerfile"}, withSyntax(missing), "want none"},
		"stricter flag":        {[]string{"--frontends", "none"}, []string{"KUBECTL_IMG_FRONTENDS=" + missing}, withSyntax(missing), "want none"},
		"pod template":         {[]string{"--frontends", missing, "--pod-template", template}, nil, withSyntax(missing), "want none"},
		"build argument":       {[]string{"--frontends", "none", "--build-arg", "BUILDKIT_SYNTAX=" + missing}, nil, shell("RUN true"), "want none"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ns := namespace(t, privileged)
			run := build(ns, append(c.args, "-t", repository(ns), only(t, c.dockerfile))...)
			run.env = c.env
			run.run(t).fails(t, codePolicy, "frontend "+missing+" is not allowed", c.want).hints(t, "# syntax=")
		})
	}
}

// frontendLegacy expects that an engine without lists builds nothing, rather than with any frontend.
func frontendLegacy(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	r := build(ns, "-t", repository(ns), "--image", shared.LegacyImage, "--profile", "unconfined", "--frontends", "none", only(t, withSyntax(frontendImage(t, "frontend")))).run(t)
	r.fails(t, codeUsage, "--frontends", "genuinetools/img")
	if r.code == 0 || isPushed(t, repository(ns)) {
		t.Errorf("exit code %d, pushed: %v", r.code, isPushed(t, repository(ns)))
	}
}
