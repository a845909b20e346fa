package main

import (
	"context"
	"encoding/json"
	"os"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/util/progress/progressui"
	"golang.org/x/sync/errgroup"

	"github.com/kubectl-img/kubectl-img/images/builder/img/engine"
)

// openStatus opens the file for BuildKit's status, if there is to be one.
func openStatus(path string) (*json.Encoder, error) {
	if path == "" {
		return nil, nil //nolint:nilnil // no file is wanted
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return nil, err
	}
	return json.NewEncoder(file), nil
}

type solver func(context.Context, chan *client.SolveStatus) (*client.SolveResponse, error)

// show prints BuildKit's progress while solve runs, and writes it to status. log has what the steps print.
func show(ctx context.Context, status *json.Encoder, log *engine.StepLog, plain bool, solve solver) (*client.SolveResponse, error) {
	mode := progressui.AutoMode
	if plain {
		mode = progressui.PlainMode
	}
	display, err := progressui.NewDisplay(os.Stderr, mode)
	if err != nil {
		return nil, err
	}
	from, to := make(chan *client.SolveStatus), make(chan *client.SolveStatus)
	var response *client.SolveResponse
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		response, err = solve(ctx, from)
		return err
	})
	group.Go(func() error {
		defer close(to)
		for update := range from {
			log.Fill(update)
			if status != nil {
				if err := status.Encode(update); err != nil {
					status = nil
				}
			}
			to <- update
		}
		return nil
	})
	group.Go(func() error {
		_, err := display.UpdateFrom(context.WithoutCancel(ctx), to)
		return err
	})
	err = group.Wait()
	return response, err
}
