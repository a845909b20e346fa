package main

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"github.com/moby/buildkit/frontend/gateway/client"
	gatewaypb "github.com/moby/buildkit/frontend/gateway/pb"
	"github.com/moby/buildkit/solver/pb"
)

// unknownMode is neither sandbox nor insecure.
const unknownMode pb.SecurityMode = 7

// confinement prints a process's capabilities, and how many seccomp filters it has.
const confinement = `grep -E '^(CapEff|Seccomp_filters):' /proc/self/status`

// containers are attacks by the gateway's interactive containers.
func containers() []attack {
	sandbox := func(b *bridge, ctx context.Context, mode pb.SecurityMode, net pb.NetMode) (string, error) {
		return b.container(ctx, client.NewContainerRequest{NetMode: net}, client.StartRequest{SecurityMode: mode})
	}
	return []attack{
		{"allowed_container", func(ctx context.Context, b *bridge) error {
			_, err := sandbox(b, ctx, pb.SecurityMode_SANDBOX, pb.NetMode_UNSET)
			return err
		}},
		// CVE-2024-23653
		{"insecure_container", func(ctx context.Context, b *bridge) error {
			return differs(ctx, b, func() (string, error) { return sandbox(b, ctx, pb.SecurityMode_INSECURE, pb.NetMode_UNSET) })
		}},
		// GHSA-7236-3392-c5c6
		{"unknown_mode_container", func(ctx context.Context, b *bridge) error {
			return differs(ctx, b, func() (string, error) { return sandbox(b, ctx, unknownMode, pb.NetMode_UNSET) })
		}},
		{"host_network_container", func(ctx context.Context, b *bridge) error {
			_, err := sandbox(b, ctx, pb.SecurityMode_SANDBOX, pb.NetMode_HOST)
			return err
		}},
		{"allowed_raw_container", func(ctx context.Context, b *bridge) error { return b.rawContainer(ctx, "plain") }},
	}
}

// differs succeeds if a container is not confined as the engine confines others.
func differs(ctx context.Context, b *bridge, start func() (string, error)) error {
	usual, err := b.container(ctx, client.NewContainerRequest{}, client.StartRequest{})
	if err != nil {
		return err
	}
	got, err := start()
	if err == nil && got == usual {
		err = fmt.Errorf("confined as always: %q", got)
	}
	return err
}

// container prints how a process of an interactive container is confined.
func (b *bridge) container(ctx context.Context, request client.NewContainerRequest, start client.StartRequest) (string, error) {
	root, err := b.Solve(ctx, client.SolveRequest{Definition: b.base})
	if err != nil {
		return "", err
	}
	request.Mounts = []client.Mount{{Dest: "/", Ref: root.Ref, MountType: pb.MountType_BIND}}
	c, err := b.NewContainer(ctx, request)
	if err != nil {
		return "", err
	}
	defer func() { _ = c.Release(ctx) }()
	var output bytes.Buffer
	start.Args, start.Cwd, start.Stdout = []string{"sh", "-c", confinement}, "/", discardClose{&output}
	process, err := c.Start(ctx, start)
	if err != nil {
		return "", err
	}
	err = process.Wait()
	return output.String(), err
}

// rawContainer runs a container whose id the frontend chooses. The engine names directories by it.
func (b *bridge) rawContainer(ctx context.Context, id string) error {
	root, err := b.raw.Solve(ctx, &gatewaypb.SolveRequest{Definition: b.base, AllowResultReturn: true, AllowResultArrayRef: true})
	if err != nil {
		return err
	}
	_, err = b.raw.NewContainer(ctx, &gatewaypb.NewContainerRequest{ContainerID: id, Mounts: []*pb.Mount{
		{Dest: "/", ResultID: root.GetResult().GetRef().GetId(), MountType: pb.MountType_BIND, Output: -1},
	}})
	if err != nil {
		return err
	}
	defer func() { _, _ = b.raw.ReleaseContainer(ctx, &gatewaypb.ReleaseContainerRequest{ContainerID: id}) }()
	exec, err := b.raw.ExecProcess(ctx)
	if err != nil {
		return err
	}
	err = exec.Send(&gatewaypb.ExecMessage{ProcessID: "p", Input: &gatewaypb.ExecMessage_Init{Init: &gatewaypb.InitMessage{
		ContainerID: id, Meta: &pb.Meta{Args: []string{"true"}, Cwd: "/"}, Fds: []uint32{1, 2},
	}}})
	for err == nil {
		var message *gatewaypb.ExecMessage
		message, err = exec.Recv()
		if exit := message.GetExit(); exit != nil {
			if exit.GetCode() != 0 {
				return fmt.Errorf("exit code %d: %s", exit.GetCode(), exit.GetError().GetMessage())
			}
			return nil
		}
	}
	return err
}

type discardClose struct{ io.Writer }

func (discardClose) Close() error { return nil }
