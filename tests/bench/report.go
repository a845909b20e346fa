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

// bar is a figure and the most that it may be. Without a limit the figure is only shown.
type bar struct {
	name   string
	unit   string
	value  float64
	limit  float64
	detail string // what a ratio was made of
}

// ratio is a bar for how much longer one side takes than the other, by their medians.
func ratio(name string, ours, theirs *row, limit float64) bar {
	return ratioOf(name, ours.median(), theirs.median(), limit)
}

func ratioOf(name string, ours, theirs, limit float64) bar {
	return bar{name: name, value: ours / theirs, limit: limit, detail: fmt.Sprintf(" (%.2f s / %.2f s)", ours, theirs)}
}

func (b bar) met() bool { return b.limit == 0 || b.value <= b.limit }

// String is a row of a table in Markdown.
func (b bar) String() string {
	limit, word := "", ""
	if b.limit != 0 {
		limit, word = b.figure(b.limit), "ok"
	}
	if !b.met() {
		word = "**missed**"
	}
	return fmt.Sprintf("| %s | %s%s | %s | %s |", b.name, b.figure(b.value), b.detail, limit, word)
}

// figure has two decimals in a ratio, which has no unit.
func (b bar) figure(value float64) string {
	if b.unit == "" {
		return fmt.Sprintf("%.2f", value)
	}
	return fmt.Sprintf("%.0f %s", value, b.unit)
}

// report is the result of a comparison.
type report struct {
	title string
	rows  []*row
	bars  []bar
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
	fmt.Fprintln(&out)
	return out.String()
}
