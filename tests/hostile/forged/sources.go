package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/frontend/gateway/client"
)

// sources are attacks by what a build takes files from.
func sources() []attack {
	found := []attack{
		{"allowed_context", func(ctx context.Context, b *bridge) error {
			return readable(ctx, b, llb.Local("context"), "/Dockerfile")
		}},
		// The test has a link to / in the context.
		{"context_link", func(ctx context.Context, b *bridge) error {
			return readable(ctx, b, llb.Local("context", llb.FollowPaths([]string{"root/" + stolen})), "/root/"+stolen, "/"+stolen)
		}},
		{"context_climb", func(ctx context.Context, b *bridge) error {
			return readable(ctx, b, llb.Local("context", llb.FollowPaths([]string{"../../" + stolen})), "/"+stolen, "/../../"+stolen)
		}},
		{"context_outside", func(ctx context.Context, b *bridge) error {
			return readable(ctx, b, llb.Local("context", llb.IncludePatterns([]string{climb + "etc/**", "/etc/**", "root/**"})), "/"+stolen, "/root/"+stolen, climb+stolen)
		}},
		{"git_file", func(ctx context.Context, b *bridge) error { return b.ends(ctx, gitSource("file:///workspace/context")) }},
		{"allowed_git", func(ctx context.Context, b *bridge) error { return gitDirectory(ctx, b, "real") }},
		// CVE-2026-33748: these directories of the repository are links to the builder's /etc.
		{"git_absolute_link", func(ctx context.Context, b *bridge) error { return gitDirectory(ctx, b, "absolute") }},
		{"git_relative_link", func(ctx context.Context, b *bridge) error { return gitDirectory(ctx, b, "relative") }},
		{"git_outside", func(ctx context.Context, b *bridge) error { return gitDirectory(ctx, b, climb+"etc") }},
		{"http_file", func(ctx context.Context, b *bridge) error { return b.ends(ctx, llb.HTTP("file:///"+stolen)) }},
		{"allowed_http", func(ctx context.Context, b *bridge) error {
			return readable(ctx, b, llb.HTTP(b.options["build-arg:FILE"], llb.Filename("page")), "/page")
		}},
		{"image_layout", func(ctx context.Context, b *bridge) error {
			return b.ends(ctx, llb.OCILayout("store/image@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", llb.OCIStore("", "../../run/kubectl-img")))
		}},
	}
	for _, name := range []string{"login", "/run/kubectl-img", "../run/kubectl-img", "secrets", "state"} {
		found = append(found, attack{"local_source", func(ctx context.Context, b *bridge) error { return b.ends(ctx, llb.Local(name)) }})
	}
	return found
}

// gitSource does without llb.Git, which rejects odd URLs itself.
func gitSource(url string) llb.State {
	return llb.NewState(llb.NewSource("git://"+url, map[string]string{"git.fullurl": url}, llb.Constraints{}).Output())
}

// gitDirectory succeeds if a directory of the test's repository has the file.
func gitDirectory(ctx context.Context, b *bridge, dir string) error {
	return readable(ctx, b, llb.Git(b.options["build-arg:GIT"], "", llb.GitRef("main"), llb.GitSubDir(dir)), "/subuid")
}

// readable succeeds if one of the files is in the state.
func readable(ctx context.Context, b *bridge, state llb.State, names ...string) error {
	ref, err := b.solve(ctx, state)
	if err != nil {
		return err
	}
	for _, name := range names {
		_, failed := ref.ReadFile(ctx, client.ReadRequest{Filename: name})
		if failed == nil {
			return nil
		}
		err = errors.Join(err, fmt.Errorf("%s: %w", name, failed))
	}
	return err
}
