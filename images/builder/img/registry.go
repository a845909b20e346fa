package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/moby/buildkit/session/auth/authprovider"
	"github.com/spf13/cobra"

	"github.com/kubectl-img/kubectl-img/images/builder/img/engine"
	"github.com/kubectl-img/kubectl-img/images/builder/img/login"
	"github.com/kubectl-img/kubectl-img/images/builder/img/namespace"
)

func newPush(g *global) *cobra.Command {
	insecure := false
	cmd := &cobra.Command{
		Use: "push [OPTIONS] NAME[:TAG]", Short: "Push an image to its registry", Args: cobra.ExactArgs(1),
		RunE: inEngine(g, func(ctx context.Context, args []string) error {
			return g.transfer(ctx, args[0], func(ctx context.Context, e *engine.Engine, session, name string) error {
				digest, err := e.Push(ctx, session, name, insecure)
				if err == nil {
					fmt.Fprintf(os.Stderr, "Successfully pushed %s@%s\n", name, digest)
				}
				return err
			})
		}),
	}
	cmd.Flags().BoolVar(&insecure, "insecure-registry", false, "speak plain http, or https with any certificate")
	return cmd
}

func newPull(g *global) *cobra.Command {
	platform := ""
	cmd := &cobra.Command{
		Use: "pull [OPTIONS] NAME[:TAG|@DIGEST]", Short: "Pull an image from its registry", Args: cobra.ExactArgs(1),
		RunE: inEngine(g, func(ctx context.Context, args []string) error {
			return g.transfer(ctx, args[0], func(ctx context.Context, e *engine.Engine, session, name string) error {
				digest, err := e.Pull(ctx, session, name, platform)
				if err == nil {
					fmt.Fprintf(os.Stderr, "Pulled %s@%s\n", name, digest)
				}
				return err
			})
		}),
	}
	cmd.Flags().StringVar(&platform, "platform", "", "pull this platform's image (default: the machine's)")
	return cmd
}

// transfer opens the state and a session with the logins.
func (g *global) transfer(ctx context.Context, name string, do func(ctx context.Context, e *engine.Engine, session, name string) error) error {
	name, err := fullName(name)
	if err != nil {
		return err
	}
	logins := authprovider.NewDockerAuthProvider(authprovider.DockerAuthProviderConfig{
		AuthConfigProvider: login.From(namespace.Connection()),
	})
	return g.with(ctx, func(e *engine.Engine) error {
		session, end, err := e.Session(ctx, logins)
		if err != nil {
			return err
		}
		return errors.Join(do(ctx, e, session, name), end())
	})
}
