package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/util/progress/progressui"
	"golang.org/x/sync/errgroup"

	"github.com/kubectl-img/kubectl-img/images/builder/img/engine"
)

// openReport opens a file that grows during the build, if there is to be one. It is opened before its directory is hidden.
func openReport(path string) (io.Writer, error) {
	if path == "" {
		return io.Discard, nil
	}
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
}

type solver func(context.Context, chan *client.SolveStatus) (*client.SolveResponse, error)

// show prints BuildKit's progress while solve runs, and writes it to status, a JSON object a line. log has what the steps print.
func show(ctx context.Context, status io.Writer, log *engine.StepLog, plain bool, solve solver) (*client.SolveResponse, error) {
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
	var warnings []client.VertexWarning
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		response, err = solve(ctx, from)
		return err
	})
	group.Go(func() error {
		defer close(to)
		lines := json.NewEncoder(status)
		for update := range from {
			log.Fill(update)
			if status != io.Discard {
				_ = lines.Encode(update) // a report that can't be written fails no build
			}
			to <- update
		}
		return nil
	})
	group.Go(func() (err error) {
		warnings, err = display.UpdateFrom(context.WithoutCancel(ctx), to)
		return err
	})
	err = group.Wait()
	printWarnings(os.Stderr, warnings)
	return response, err
}

// printWarnings lists what the Dockerfile's frontend warned of, each text once. The display has it at the beginning, and leaves out a warning that comes after
// the end of its step.
func printWarnings(w io.Writer, warnings []client.VertexWarning) {
	var texts []string
	for _, warning := range warnings {
		if text := oneLine(string(warning.Short)); !slices.Contains(texts, text) {
			texts = append(texts, text)
		}
	}
	switch len(texts) {
	case 0:
		return
	case 1:
		_, _ = fmt.Fprintln(w, "1 warning found:")
	default:
		_, _ = fmt.Fprintf(w, "%d warnings found:\n", len(texts))
	}
	for _, text := range texts {
		_, _ = fmt.Fprintln(w, " - "+text)
	}
}

// oneLine joins the lines of a text, such as what git says: the last line of the log is read as the whole error.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
