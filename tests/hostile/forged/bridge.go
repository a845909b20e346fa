package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"

	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/frontend/gateway/grpcclient"
	gatewaypb "github.com/moby/buildkit/frontend/gateway/pb"
	"github.com/moby/buildkit/solver/pb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// bridge is the connection to the engine, which is on stdin and stdout: as BuildKit's client, and without it, for calls that the client does not make.
type bridge struct {
	grpcclient.GrpcClient
	raw     gatewaypb.LLBBridgeClient
	conn    *grpc.ClientConn
	options map[string]string
	shell   llb.State      // an image with a shell, from the build argument BASE
	base    *pb.Definition // the same, as BuildKit's protocol has it
}

func connect(ctx context.Context) (context.Context, *bridge, error) {
	conn, err := grpc.NewClient("passthrough:///engine", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(context.Context, string) (net.Conn, error) { return stdio{os.Stdin, os.Stdout}, nil }))
	if err != nil {
		return ctx, nil, err
	}
	b := &bridge{conn: conn, raw: gatewaypb.NewLLBBridgeClient(conn), options: options()}
	b.GrpcClient, err = grpcclient.New(ctx, b.options, os.Getenv("BUILDKIT_SESSION_ID"), os.Getenv("BUILDKIT_EXPORTEDPRODUCT"), b.raw, nil)
	if err != nil {
		return ctx, nil, err
	}
	b.shell = llb.Image(b.options["build-arg:BASE"])
	definition, err := b.shell.Marshal(ctx)
	if err != nil {
		return ctx, nil, err
	}
	b.base = definition.ToPB()
	return ctx, b, nil
}

// options are those of the build, such as build arguments.
func options() map[string]string {
	opts := map[string]string{}
	for _, entry := range os.Environ() {
		name, value, _ := strings.Cut(entry, "=")
		if strings.HasPrefix(name, "BUILDKIT_FRONTEND_OPT_") {
			key, value, _ := strings.Cut(value, "=")
			opts[key] = value
		}
	}
	return opts
}

// solve carries out a state and returns its first result.
func (b *bridge) solve(ctx context.Context, state llb.State) (client.Reference, error) {
	definition, err := state.Marshal(ctx)
	if err != nil {
		return nil, err
	}
	result, err := b.Solve(ctx, client.SolveRequest{Definition: definition.ToPB(), Evaluate: true})
	if err != nil {
		return nil, err
	}
	return result.SingleRef()
}

// ends carries out a state, and succeeds with it.
func (b *bridge) ends(ctx context.Context, state llb.State) error {
	_, err := b.solve(ctx, state)
	return err
}

// prints runs a command in a state, and succeeds if its output, which it writes to /out/1, has the text.
func (b *bridge) prints(ctx context.Context, text, command string, options ...llb.RunOption) error {
	options = append([]llb.RunOption{llb.Args([]string{"sh", "-c", "{ " + command + "; } >/out/1 2>&1 || true"}), llb.IgnoreCache}, options...)
	ref, err := b.solve(ctx, b.shell.Run(options...).AddMount("/out", llb.Scratch()))
	if err != nil {
		return err
	}
	output, err := ref.ReadFile(ctx, client.ReadRequest{Filename: "/1"})
	if err == nil && !strings.Contains(string(output), text) {
		err = fmt.Errorf("the command printed %q", output)
	}
	return err
}

// stdio is the engine's connection.
type stdio struct {
	io.Reader
	io.WriteCloser
}

func (stdio) LocalAddr() net.Addr              { return &net.UnixAddr{Name: "stdio"} }
func (stdio) RemoteAddr() net.Addr             { return &net.UnixAddr{Name: "engine"} }
func (stdio) SetDeadline(time.Time) error      { return nil }
func (stdio) SetReadDeadline(time.Time) error  { return nil }
func (stdio) SetWriteDeadline(time.Time) error { return nil }
