package main

import (
	"fmt"
	"os"
	"regexp"
	"strings"
)

const tableHead = "| figure | measured | at most | |\n| --- | --- | --- | --- |\n"

// tableOf is a table in Markdown with a row for each bar.
func tableOf(reports []report) string {
	var out strings.Builder
	out.WriteString(tableHead)
	for _, r := range reports {
		for _, b := range r.bars {
			fmt.Fprintln(&out, b)
		}
	}
	return out.String()
}

var tableOnPage = regexp.MustCompile(regexp.QuoteMeta(tableHead) + `(\|.*\n)*`)

// updatePage replaces the table on a page of the documentation.
func updatePage(file string, reports []report) error {
	page, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if !tableOnPage.Match(page) {
		return fmt.Errorf("%s has no table of figures", file)
	}
	return os.WriteFile(file, tableOnPage.ReplaceAllLiteral(page, []byte(tableOf(reports))), 0o644)
}
