package docs_test

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// TestMakeHelp checks that every target of the Makefile has a comment, and that `make help` prints it.
func TestMakeHelp(t *testing.T) {
	t.Parallel()
	makefile, err := os.ReadFile("../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	help, err := exec.CommandContext(t.Context(), "make", "-s", "-C", "..", "help").Output()
	if err != nil {
		t.Fatal(err)
	}
	targets := regexp.MustCompile(`(?m)^\.PHONY: (.*)$`).FindAllStringSubmatch(string(makefile), -1)
	if len(targets) == 0 {
		t.Fatal("found no targets")
	}
	for _, line := range targets {
		for _, target := range strings.Fields(line[1]) {
			if !regexp.MustCompile(`(?m)^ +` + target + ` +\w`).Match(help) {
				t.Errorf("make help does not describe %s. Add a comment: %s: ## WHAT IT DOES", target, target)
			}
		}
	}
}
