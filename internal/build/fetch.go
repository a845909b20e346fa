package build

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/internal/localfile"
	"github.com/kubectl-img/kubectl-img/internal/outputdir"
	"github.com/kubectl-img/kubectl-img/internal/session"
)

// fetch puts the output where the user wants it, whole or not at all. It arrives in a temporary file, is verified, and then gets its name.
func (r *run) fetch(ctx context.Context, s *session.Session, ended <-chan podEnd) error {
	r.phase.set(phaseFetch)
	arrived, err := r.createOutput()
	if err != nil {
		return fmt.Errorf("bring back the output: %w", err)
	}
	defer arrived.Close()
	var watching sync.WaitGroup
	defer watching.Wait()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watching.Go(func() {
		select {
		case end := <-ended:
			cancel(end.withoutOutput())
		case <-ctx.Done():
		}
	})
	err = s.Fetch(ctx, r.Build.Output.Path, r.Output.Limit, arrived)
	if large := (*session.SizeError)(nil); errors.As(err, &large) {
		return cli.WithHint(err, "--output-limit allows more")
	}
	if err != nil {
		return err
	}
	if err := r.keepOutput(ctx, arrived); err != nil {
		return fmt.Errorf("write the output: %w", err)
	}
	r.Log.Infof("wrote the output to %s", destination(r.Output))
	return nil
}

// createOutput creates the file in which the output arrives.
func (r *run) createOutput() (*localfile.File, error) {
	switch {
	case r.Output.Stdout:
		return localfile.Temporary("")
	case r.Output.Type == OutputLocal:
		dest, err := localfile.CheckDirectory(r.Output.Dest)
		if err != nil {
			return nil, err
		}
		return localfile.Temporary(outputdir.StagingDir(dest))
	default:
		return localfile.Create(r.Output.Dest)
	}
}

// keepOutput moves what has arrived to its destination.
func (r *run) keepOutput(ctx context.Context, arrived *localfile.File) error {
	if !r.Output.Stdout && r.Output.Type != OutputLocal {
		return arrived.Commit(ctx)
	}
	if _, err := arrived.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if r.Output.Stdout {
		_, err := io.Copy(r.proc.Streams.Out, arrived)
		return err
	}
	dest, err := localfile.CheckDirectory(r.Output.Dest)
	if err != nil {
		return err
	}
	return outputdir.Unpack(arrived.File, dest, outputdir.Limits{Bytes: r.Output.Limit, Entries: 2_000_000, Depth: 255})
}

func destination(out *Destination) string {
	if out.Stdout {
		return "stdout"
	}
	return out.Dest
}
