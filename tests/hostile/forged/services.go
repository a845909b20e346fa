package main

import (
	"context"

	control "github.com/moby/buildkit/api/services/control"
	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/session/auth"
	"github.com/moby/buildkit/session/filesync"
	"github.com/moby/buildkit/session/secrets"
	"google.golang.org/grpc"
)

// services are attacks by calls that are for the engine's own client, and for what a build was not given.
func services() []attack {
	found := []attack{
		{"local_export", func(ctx context.Context, b *bridge) error {
			_, err := control.NewControlClient(b.conn).Solve(ctx, &control.SolveRequest{
				Ref: "export", Definition: b.base, Session: "export",
				Exporters: []*control.Exporter{{Type: "local", Attrs: map[string]string{"dest": "/tmp/escaped-export"}}},
			})
			return err
		}},
		{"workers", func(ctx context.Context, b *bridge) error {
			_, err := control.NewControlClient(b.conn).ListWorkers(ctx, &control.ListWorkersRequest{})
			return err
		}},
		{"credentials", func(ctx context.Context, b *bridge) error {
			_, err := auth.NewAuthClient(b.conn).Credentials(ctx, &auth.CredentialsRequest{Host: "docker.io"})
			return err
		}},
		{"secret_service", func(ctx context.Context, b *bridge) error {
			_, err := secrets.NewSecretsClient(b.conn).GetSecret(ctx, &secrets.GetSecretRequest{ID: "config.json"})
			return err
		}},
		{"client_files", func(ctx context.Context, b *bridge) error {
			return receive(filesync.NewFileSyncClient(b.conn).DiffCopy(ctx))
		}},
		{"client_export", func(ctx context.Context, b *bridge) error {
			return receive(filesync.NewFileSendClient(b.conn).DiffCopy(ctx))
		}},
		{"ssh", func(ctx context.Context, b *bridge) error {
			return b.prints(ctx, "ssh", "ls /ssh", llb.AddSSHSocket(llb.SSHSocketTarget("/ssh")))
		}},
	}
	for _, id := range []string{"config.json", "login", "GIT_AUTH_TOKEN", "../../run/kubectl-img/login/config.json", "/run/kubectl-img/login/config.json"} {
		found = append(found, attack{"secret", func(ctx context.Context, b *bridge) error {
			return b.prints(ctx, "found", "[ ! -e /secret ] || echo found", llb.AddSecret("/secret", llb.SecretID(id), llb.SecretOptional))
		}})
	}
	return found
}

// receive succeeds if the other end answers a stream.
func receive[A, B any](stream grpc.BidiStreamingClient[A, B], err error) error {
	if err == nil {
		_, err = stream.Recv()
	}
	return err
}
