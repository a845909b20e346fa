package main

import (
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
)

// row has the figures of one side, in one unit.
type row struct {
	name   string
	unit   string
	values []float64
}

func (r *row) add(value float64) { r.values = append(r.values, value) }

func (r *row) median() float64 {
	sorted := slices.Sorted(slices.Values(r.values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

func (r *row) sum() float64 {
	sum := 0.0
	for _, value := range r.values {
		sum += value
	}
	return sum
}

func (r *row) String() string {
	return fmt.Sprintf("%s\t%.2f %s\t(%.2f–%.2f)", r.name, r.median(), r.unit, slices.Min(r.values), slices.Max(r.values))
}

// bar is a figure and the most that it may be.
type bar struct {
	name  string
	unit  string
	value float64
	limit float64
}

func (b bar) met() bool { return b.value <= b.limit }

func (b bar) String() string {
	return fmt.Sprintf("%s: %.2f%s, at most %.2f%s", b.name, b.value, b.unit, b.limit, b.unit)
}

// report is the result of a comparison.
type report struct {
	title string
	rows  []*row
	bar
}

// String is a table of medians and ranges.
func (r report) String() string {
	var out strings.Builder
	fmt.Fprintln(&out, r.title)
	table := tabwriter.NewWriter(&out, 0, 0, 2, ' ', 0)
	for _, row := range r.rows {
		fmt.Fprintln(table, "  "+row.String())
	}
	if err := table.Flush(); err != nil {
		return err.Error() // never: a strings.Builder does not fail
	}
	fmt.Fprintf(&out, "  %s\n\n", r.bar)
	return out.String()
}
