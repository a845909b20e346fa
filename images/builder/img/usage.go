package main

import (
	"context"
	"fmt"
	"os"
	"text/tabwriter"

	"github.com/docker/go-units"
	"github.com/moby/buildkit/client"
	"github.com/spf13/cobra"

	"github.com/kubectl-img/kubectl-img/images/builder/img/engine"
)

func newDiskUsage(g *global) *cobra.Command {
	var filters []string
	cmd := &cobra.Command{
		Use: "du [OPTIONS]", Short: "Show what the cache takes", Args: cobra.NoArgs,
		RunE: inEngine(g, func(ctx context.Context, _ []string) error {
			return g.with(ctx, func(e *engine.Engine) error {
				records, err := e.DiskUsage(ctx, client.WithFilter(filters))
				if err != nil {
					return err
				}
				return printUsage(records)
			})
		}),
	}
	cmd.Flags().StringArrayVarP(&filters, "filter", "f", nil, "show only these, as type==TYPE or id==ID (repeatable)")
	return cmd
}

func newPrune(g *global) *cobra.Command {
	return &cobra.Command{
		Use: "prune", Short: "Remove the cache", Args: cobra.NoArgs,
		RunE: inEngine(g, func(ctx context.Context, _ []string) error {
			return g.with(ctx, func(e *engine.Engine) error {
				removed := make(chan client.UsageInfo)
				failed := make(chan error, 1)
				go func() {
					defer close(removed)
					failed <- e.Prune(ctx, removed, client.PruneAll)
				}()
				var records []*client.UsageInfo
				for record := range removed {
					records = append(records, &record)
				}
				if err := <-failed; err != nil {
					return err
				}
				return printUsage(records)
			})
		}),
	}
}

func printUsage(records []*client.UsageInfo) error {
	table := tabwriter.NewWriter(os.Stdout, 1, 8, 1, '\t', 0)
	_, _ = fmt.Fprintln(table, "ID\tRECLAIMABLE\tSIZE\tDESCRIPTION")
	var total int64
	for _, record := range records {
		total += record.Size
		_, _ = fmt.Fprintf(table, "%s\t%v\t%s\t%s\n", record.ID, !record.InUse, units.BytesSize(float64(record.Size)), record.Description)
	}
	_, _ = fmt.Fprintf(table, "Total:\t%s\n", units.BytesSize(float64(total)))
	return table.Flush()
}
