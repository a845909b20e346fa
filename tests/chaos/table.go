package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// row counts the runs of a kind.
type row struct {
	runs, succeeded, failed, ended, early, violations int
	longest                                           time.Duration
}

func (w *row) add(r report) {
	w.runs++
	w.longest = max(w.longest, r.took)
	switch {
	case len(r.violations) > 0:
		w.violations++
	case !r.disturbed && r.disturb != nil:
		w.early++
	case r.code == 0:
		w.succeeded++
	case r.code == -1:
		w.ended++
	default:
		w.failed++
	}
}

// table counts the runs by kind, in Markdown.
func table(reports []report, profile string) string {
	rows, sum := map[string]*row{}, &row{}
	for _, r := range reports {
		if rows[r.kind] == nil {
			rows[r.kind] = &row{}
		}
		rows[r.kind].add(r)
		sum.add(r)
	}
	var out strings.Builder
	out.WriteString("| fault | runs | succeeded | failed, cause named | client killed | ended before the fault | violations | longest run |\n")
	out.WriteString("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n")
	var names []string
	for _, k := range kinds(profile) {
		if rows[k.name] != nil {
			names = append(names, k.name)
		}
	}
	for _, name := range names {
		rows[name].write(&out, name)
	}
	sum.write(&out, "**all**")
	return out.String()
}

func (w *row) write(out *strings.Builder, name string) {
	fmt.Fprintf(out, "| %s | %d | %d | %d | %d | %d | %d | %.0f s |\n",
		name, w.runs, w.succeeded, w.failed, w.ended, w.early, w.violations, w.longest.Seconds())
}

func violated(reports []report) bool {
	return slices.ContainsFunc(reports, func(r report) bool { return len(r.violations) > 0 })
}
