// Command bench compares the plugin with the same work by hand and with its peers, on the test cluster, and prints a table of figures and bars.
// With -strict it fails if a figure is above its bar. Most bars are ratios, because seconds depend on the machine.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kubectl-img/kubectl-img/tests/cluster/program"
)

var errMissed = errors.New("a bar was missed")

func main() { program.Main(measure) }

// comparison measures both sides in turns and compares the result with its bar.
type comparison struct {
	name string
	run  func(ctx context.Context, b *bench, turns int) (report, error)
}

func measure(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	comparisons := []comparison{
		{"small", compareSmall},
		{"buildx", compareBuildx},
		{"engine", compareEngine},
		{"log", compareLog},
		{"image", compareImage},
		{"upload", compareUpload},
		{"busy", compareBusyUpload},
		{"memory", compareMemory},
		{"start", compareStart},
		{"restricted", compareRestricted},
		{"stock", compareStock},
	}
	names := make([]string, len(comparisons))
	for i, c := range comparisons {
		names[i] = c.name
	}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	turns := flags.Int("n", 5, "how often each side is measured")
	only := flags.String("only", strings.Join(names, ","), "what to measure")
	update := flags.Bool("update", false, "write the table into docs/speed.md; needs all comparisons")
	strict := flags.Bool("strict", false, "fail if a bar is missed")
	if err := flags.Parse(args); err != nil {
		return err
	}
	chosen := strings.Split(*only, ",")
	for _, name := range chosen {
		if !slices.Contains(names, name) {
			return fmt.Errorf("-only: unknown comparison %q", name)
		}
	}
	if *update && len(chosen) < len(names) {
		return errors.New("-update: -only leaves figures out")
	}
	if *turns < 1 {
		return errors.New("-n: want at least 1")
	}
	b, err := newBench(ctx, stderr)
	if err != nil {
		return err
	}
	defer b.cleanUp()
	var reports []report
	for _, c := range comparisons {
		if !slices.Contains(chosen, c.name) {
			continue
		}
		r, err := c.run(ctx, b, *turns)
		if err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		reports = append(reports, r)
		fmt.Fprint(stdout, r)
	}
	if *update {
		if err := updatePage(filepath.Join(b.Root, "docs", "speed.md"), reports); err != nil {
			return err
		}
	}
	return verdict(stdout, reports, *strict)
}

// verdict prints a table of all bars. If strict, it returns errMissed if one was missed.
func verdict(w io.Writer, reports []report, strict bool) error {
	fmt.Fprint(w, tableOf(reports))
	var err error
	for _, r := range reports {
		for _, b := range r.bars {
			if strict && !b.met() {
				err = errMissed
			}
		}
	}
	return err
}
