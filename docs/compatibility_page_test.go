package docs_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// compatibilityPage is docs/compatibility.md.
func compatibilityPage(runs []run) string {
	var out strings.Builder
	out.WriteString(`# Compatibility

What has been run, where, and by which command. Tests generate this page from the records that the test runs write to
[docs/compatibility](compatibility); ` + "`make update-docs`" + ` does it again. What is not on this page has not been run.

* [Where](#where)
* [What](#what)
* [What the runs found](#what-the-runs-found)
* [What was not run](#what-was-not-run)

## Where

| run | date | command | API server | kubelet | runtime | kernel | system | architecture | cgroup | security module |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
`)
	for _, r := range runs {
		fmt.Fprintf(&out, "| %s | %s | `%s` | %s | %s | %s | %s | %s | %s | %s | %s |\n", r.Name, r.Date, r.Command,
			r.Kubernetes, r.Kubelet, r.runtime(), r.Kernel, r.OS, r.Architecture, r.Cgroup, r.SecurityModule)
	}
	out.WriteString("\n## What\n")
	for _, command := range unique(runs, func(r run) []string { return []string{r.Command} }) {
		of := slices.DeleteFunc(slices.Clone(runs), func(r run) bool { return r.Command != command })
		writeOutcomes(&out, command, of)
	}
	out.WriteString("\n## What the runs found\n\n")
	for _, what := range unique(runs, run.subjects) {
		writeTexts(&out, what, runs)
	}
	out.WriteString("\n## What was not run\n\n")
	for _, n := range notRun() {
		if !slices.ContainsFunc(runs, n.ran) {
			out.WriteString("* " + n.name + "\n")
		}
	}
	return out.String()
}

// runtime is the container runtime as people write it: the kubelet reports containerd://2.4.2+unknown.
func (r run) runtime() string {
	name, version, _ := strings.Cut(r.Runtime, "://")
	version, _, _ = strings.Cut(version, "+")
	return strings.TrimSpace(name + " " + version)
}

func (r run) subjects() []string {
	var names []string
	for _, found := range r.Results {
		names = append(names, found.What)
	}
	return names
}

// find returns an empty result for a subject that the run does not have.
func (r run) find(what string) result {
	for _, found := range r.Results {
		if found.What == what {
			return found
		}
	}
	return result{}
}

// said is what the run says about the subject: at least how it ended.
func (r result) said() string { return cmp.Or(r.Text, r.Outcome) }

// unique returns the texts of all runs once each, in the order in which they come first.
func unique(runs []run, texts func(run) []string) []string {
	var all []string
	for _, r := range runs {
		for _, text := range texts(r) {
			if !slices.Contains(all, text) {
				all = append(all, text)
			}
		}
	}
	return all
}

// writeOutcomes writes a table with a column for each run.
func writeOutcomes(out *strings.Builder, command string, runs []run) {
	fmt.Fprintf(out, "\n`%s`:\n\n| |", command)
	for _, r := range runs {
		out.WriteString(" " + r.Name + " |")
	}
	out.WriteString("\n| --- |" + strings.Repeat(" --- |", len(runs)) + "\n")
	for _, what := range unique(runs, run.subjects) {
		fmt.Fprintf(out, "| %s |", cell(what))
		for _, r := range runs {
			outcome := r.find(what).Outcome
			if outcome == "" {
				outcome = "not run"
			}
			out.WriteString(" " + outcome + " |")
		}
		out.WriteString("\n")
	}
}

// writeTexts writes what the runs say about one subject, each text once.
func writeTexts(out *strings.Builder, what string, runs []run) {
	fmt.Fprintf(out, "* %s\n", cell(what))
	of := slices.DeleteFunc(slices.Clone(runs), func(r run) bool { return r.find(what).Outcome == "" })
	for _, text := range unique(of, func(r run) []string { return []string{r.find(what).said()} }) {
		var names []string
		for _, r := range of {
			if r.find(what).said() == text {
				names = append(names, r.Name)
			}
		}
		fmt.Fprintf(out, "  * %s: %s\n", strings.Join(names, ", "), cell(text))
	}
}

// cell keeps a text from ending a cell of a table, or from being read as a link or HTML.
func cell(text string) string {
	return strings.NewReplacer("|", `\|`, "<", "&lt;", "[", `\[`).Replace(text)
}
